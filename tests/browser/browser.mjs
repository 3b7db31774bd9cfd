// The browser, and a page of it that remembers everything that must not happen.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

/** Widths that people read at: a desk, and the narrowest telephone. */
export const WIDTHS = [1280, 360];
export const SCHEMES = ["light", "dark"];

/** Nothing on loopback takes longer, however busy the machine is. */
const PATIENCE_MS = 60_000;

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // The tests run as root, where Chromium's own sandbox refuses to.
    args: ["--no-sandbox"],
  });
}

/**
 * Opens `url` and gives the page to `job`. Afterwards nothing may have been said on the console, and nothing may have
 * been asked of another host.
 */
export async function visit(browser, url, options, job) {
  const context = await browser.newContext({ viewport: { width: WIDTHS[0], height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const said = [];
  const foreign = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`uncaught: ${error.message}`));
  page.on("request", (request) => {
    if (new URL(request.url()).host !== new URL(url).host) {
      foreign.push(request.url());
    }
  });
  try {
    await page.goto(url);
    const result = await job(page);
    assert.deepEqual(said, [], "the console stays empty");
    assert.deepEqual(foreign, [], "no other host is asked");
    return result;
  } finally {
    await context.close();
  }
}
