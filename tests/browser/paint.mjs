// How long until something is seen, each time in a browser that has never been here.

import { visit } from "./browser.mjs";

const REPETITIONS = 10;

/** Milliseconds of the first contentful paint, in ascending order, and the bytes that came for one visit. */
export async function look(browser, url) {
  const paints = [];
  let bytes = 0;
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    await visit(browser, url, {}, async (page) => {
      const seen = await page.evaluate(async () => {
        await document.fonts.ready;
        const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
        while (!painted()) {
          await new Promise((resolve) => requestAnimationFrame(resolve));
        }
        const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
        return { paint: painted().startTime, bytes: loaded.reduce((sum, entry) => sum + entry.transferSize, 0) };
      });
      paints.push(seen.paint);
      bytes = seen.bytes;
    });
  }
  return { first_contentful_paint_ms: paints.sort((one, other) => one - other), bytes };
}
