// Looks at the page of a running agent, one look for each command line:
//
//   node look.mjs LOOK URL [ARGUMENT …]
//
// Exits 0 when everything is as it should be, else 1 with a sentence on standard error. What a look measured goes to
// standard output as JSON. Playwright's own browser is not downloaded: CHROMIUM names the one to use.

import * as accessibility from "./accessibility.mjs";
import * as layout from "./layout.mjs";
import * as live from "./live.mjs";
import * as paint from "./paint.mjs";
import * as picture from "./picture.mjs";
import * as reading from "./reading.mjs";
import { launch } from "./browser.mjs";

const LOOKS = {
  accessible: accessibility.look,
  narrow: layout.look,
  live: live.look,
  lost: live.lose,
  paint: paint.look,
  picture: picture.take,
  readable: reading.look,
};

const [name, url, ...rest] = process.argv.slice(2);
const look = LOOKS[name];
if (!look || !url) {
  console.error(`usage: node look.mjs ${Object.keys(LOOKS).join("|")} URL [ARGUMENT …]`);
  process.exit(64);
}
const browser = await launch();
try {
  const measured = await look(browser, url, ...rest);
  if (measured !== undefined) {
    console.log(JSON.stringify(measured));
  }
} catch (error) {
  console.error(`${name}: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
