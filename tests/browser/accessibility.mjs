// axe-core finds nothing, in both colour schemes and at both widths, and the keyboard reaches everything.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { SCHEMES, WIDTHS, visit } from "./browser.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function look(browser, url) {
  for (const colorScheme of SCHEMES) {
    for (const width of WIDTHS) {
      await visit(browser, url, { colorScheme, viewport: { width, height: 900 } }, audit);
    }
  }
  await visit(browser, url, {}, keyboard);
}

async function audit(page) {
  // Evaluated by the debugger, which the page's policy does not bind.
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate(() => window.axe.run());
  assert.ok(passes.some((rule) => rule.id === "color-contrast"), "contrast was measured");
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  assert.deepEqual(told, [], "axe-core has nothing to say");
}

async function keyboard(page) {
  await page.keyboard.press("Tab");
  assert.match(await focused(page), /^Skip to/, "the first stop leads past the header");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  const links = await page.locator("main a[href]:visible, main summary:visible").count();
  const reached = new Set();
  for (let stop = 0; stop < 4 * links + 40; stop += 1) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => [...document.querySelectorAll("main a[href], main summary")].indexOf(document.activeElement)));
  }
  reached.delete(-1);
  assert.equal(reached.size, links, "every link and every fold in the page is a stop");
}

function focused(page) {
  return page.evaluate(() => document.activeElement?.textContent ?? "");
}
