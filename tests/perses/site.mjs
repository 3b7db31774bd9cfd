// Where the page, the boards and Prometheus seem to be for the browser: all at one address, and at no port at all.

import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";

export const ADDRESS = "http://dashboards.example";

const PAGE = new URL("./dist/", import.meta.url).pathname;
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json" };

/** Answers whatever `page` asks. The list tells what was not answered as it should be. */
export async function serve(page, { prometheus, boards }) {
  const complaints = [];
  await page.route("**/*", async (route) => {
    const { origin, pathname, search } = new URL(route.request().url());
    if (origin !== ADDRESS) {
      complaints.push(`another host is asked: ${origin}`);
      return route.abort();
    }
    if (pathname.startsWith("/prometheus/")) {
      return route.fulfill(await pass(route.request(), prometheus + pathname.slice("/prometheus".length) + search, complaints));
    }
    const file = pathname.startsWith("/boards/") ? join(boards, pathname.slice("/boards/".length)) : join(PAGE, pathname);
    return route.fulfill(await read(pathname === "/" ? join(PAGE, "index.html") : file));
  });
  return complaints;
}

async function pass(request, url, complaints) {
  const answer = await fetch(url, {
    method: request.method(),
    body: request.postData() ?? undefined,
    headers: { "content-type": request.headers()["content-type"] ?? "application/json" },
  });
  const body = await answer.text();
  const { status, error, warnings = [], infos = [] } = JSON.parse(body);
  const remarks = status === "success" ? [...warnings, ...infos] : [error];
  complaints.push(...remarks.map((it) => `Prometheus says: ${it} (${url} ${request.postData() ?? ""})`));
  return { status: answer.status, contentType: "application/json", body };
}

async function read(file) {
  try {
    return { status: 200, contentType: TYPES[extname(file)] ?? "application/octet-stream", body: await readFile(file) };
  } catch {
    return { status: 404, body: "" };
  }
}
