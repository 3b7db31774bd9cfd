// Everything can be read, with the script and without it.

import assert from "node:assert/strict";
import { visit } from "./browser.mjs";

const SECTIONS = ["Verdicts", "States over time", "Handshakes", "Why", "Destinations"];

/** `expected`: the first headline that somebody must see. */
export async function look(browser, url, expected) {
  const plain = await visit(browser, url, { javaScriptEnabled: false }, (page) => read(page, expected));
  const scripted = await visit(browser, url, {}, (page) => read(page, expected));
  assert.deepEqual(plain, scripted, "the script adds nothing that has to be read");
  await policed(browser, url);
}

async function read(page, expected) {
  const headings = await page.locator("main h2").allTextContents();
  for (const section of SECTIONS) {
    assert.ok(headings.includes(section), `there is no section ${section} in ${headings.join(", ")}`);
  }
  const verdict = page.locator("article.card").first();
  assert.equal(await verdict.locator("h3").textContent(), expected, "the first verdict");
  assert.ok(await verdict.locator("h3").isVisible());
  assert.ok((await verdict.locator("svg").count()) > 0, "a shape beside the colour");
  const charts = page.locator('main svg[role="img"]');
  assert.ok((await charts.count()) >= 3, "states, handshakes and evidence are drawn");
  for (const chart of await charts.all()) {
    assert.notEqual(await chart.evaluate((svg) => svg.querySelector("title")?.textContent ?? svg.getAttribute("aria-label") ?? svg.getAttribute("aria-labelledby")), null, "a chart says what it shows");
  }
  assert.ok((await page.locator("#destinations tbody th[scope=row]").count()) >= 10, "every destination has a row");
  return headings;
}

/** What the server's policy forbids is indeed refused: the policy is one, and not a wish. */
async function policed(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.intruded = true";
    document.head.append(script);
    return window.intruded === true;
  });
  assert.equal(ran, false, "an inline script does not run");
  await context.close();
}
