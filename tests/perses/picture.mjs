// A picture that is small enough to be kept in a repository.

import sharp from "sharp";

/** More colours than a dashboard has, and few enough for one byte each. */
const COLOURS = 128;
/** Charts are painted in steps; after this many they are as they stay, or something moves that should not. */
const LOOKS = 40;

export async function paint(page, file) {
  const picture = await atRest(page);
  await sharp(picture).png({ palette: true, colours: COLOURS, dither: 0, effort: 10, compressionLevel: 9 }).toFile(file);
}

async function atRest(page) {
  let last = await page.screenshot();
  for (let look = 0; look < LOOKS; look += 1) {
    const next = await page.screenshot();
    if (next.equals(last)) {
      return next;
    }
    last = next;
  }
  throw new Error("the page does not come to rest");
}
