// A telephone scrolls in one direction only.

import assert from "node:assert/strict";
import { WIDTHS, visit } from "./browser.mjs";

export async function look(browser, url) {
  for (const width of WIDTHS) {
    await visit(browser, url, { viewport: { width, height: 740 } }, async (page) => {
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `at ${width} px the page is ${wide} px wide`);
      const first = await page.locator("article.card h3").first().boundingBox();
      assert.ok(first && first.y < 740, `at ${width} px the first verdict is seen without scrolling`);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll("main *")]
          .filter((element) => !(element instanceof SVGElement) && element.checkVisibility() && element.textContent.trim() !== "")
          .filter((element) => Number.parseFloat(getComputedStyle(element).fontSize) < 11)
          .map((element) => element.outerHTML.slice(0, 80)),
      );
      assert.deepEqual(small, [], "nothing is set smaller than 11 px");
    });
  }
}
