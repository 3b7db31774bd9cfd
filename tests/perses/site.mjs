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
    const [, place, ...rest] = pathname.split("/");
    if (place === "prometheus") {
      return route.fulfill(await pass(route.request(), `${prometheus}/${rest.join("/")}${search}`, complaints));
    }
    if (place === "boards") {
      return route.fulfill(await read(join(boards, ...rest)));
    }
    return route.fulfill(await read(join(PAGE, place === "" ? "index.html" : pathname)));
  });
  return complaints;
}

async function pass(request, url, complaints) {
  const asked = `${url} ${request.postData() ?? ""}`.trim();
  try {
    const answer = await fetch(url, {
      method: request.method(),
      body: request.postData() ?? undefined,
      headers: { "content-type": request.headers()["content-type"] ?? "application/json" },
    });
    const body = await answer.text();
    const { status, error, warnings = [], infos = [] } = JSON.parse(body);
    const remarks = status === "success" ? [...warnings, ...infos] : [error];
    complaints.push(...remarks.map((it) => `Prometheus says: ${it} (${asked})`));
    return { status: answer.status, contentType: "application/json", body };
  } catch (error) {
    complaints.push(`Prometheus does not answer: ${error.cause?.message ?? error.message} (${asked})`);
    return { status: 502, body: "" };
  }
}

async function read(file) {
  try {
    return { status: 200, contentType: TYPES[extname(file)] ?? "application/octet-stream", body: await readFile(file) };
  } catch {
    return { status: 404, body: "" };
  }
}
