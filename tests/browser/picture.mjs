// A picture of what is seen first.

import { visit } from "./browser.mjs";

export async function take(browser, url, file, colorScheme, width, height) {
  const viewport = { width: Number(width), height: Number(height) };
  await visit(browser, url, { colorScheme, viewport }, async (page) => {
    await page.screenshot({ path: file });
  });
}
