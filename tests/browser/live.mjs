// A change reaches an open page without a reload, and an agent that is gone is said to be.

import assert from "node:assert/strict";
import { visit } from "./browser.mjs";

/** Longer than any detection. */
const CHANGE_MS = 240_000;

/** Says `watching` on standard output when `before` is seen, and ends when `after` is. */
export async function look(browser, url, before, after) {
  await visit(browser, url, {}, async (page) => {
    const headline = page.locator("article.card h3").first();
    assert.equal(await headline.textContent(), before);
    await page.evaluate(() => {
      window.isTheSamePage = true;
    });
    const fold = page.locator("main details").last();
    await fold.evaluate((details) => (details.open = true));
    console.log("watching");
    await page.waitForFunction(
      (text) => document.querySelector("article.card h3")?.textContent === text,
      after,
      { timeout: CHANGE_MS },
    );
    assert.equal(await page.evaluate(() => window.isTheSamePage), true, "the page was not loaded again");
    assert.notEqual(await page.locator("#said").textContent(), "", "the change is told to a screen reader");
    assert.equal(await fold.evaluate((details) => details.open), true, "what was unfolded stays unfolded");
  });
}

/** Says `watching`, and ends when the page says that nobody answers any more. */
export async function lose(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  console.log("watching");
  await page.locator("#lost").waitFor({ state: "visible", timeout: CHANGE_MS });
  const headline = page.locator("article.card h3").first();
  assert.ok(await headline.isVisible(), "what was known last stays on show");
  await context.close();
}
