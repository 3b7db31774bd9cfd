// Renders our Perses dashboards in headless Chromium, with the components of Perses and a Prometheus that answers:
//
//   node render.mjs PROMETHEUS BOARDS JOBS
//
// PROMETHEUS is its address, BOARDS the folder of the dashboards, and JOBS a JSON list of what to look at:
//
//   { "board": "sortie-fleet",            the file of the dashboard, without `.json`
//     "ask": "start=12h&var-port=25",     time range and variables, as in a link to it
//     "empty": ["Refused points"],        panels that may have nothing to show; no other may
//     "pictures": { "light": "a.png" } }  optional: where to keep what it looks like
//
// Exits 0 where every panel of every board shows something, else 1 with a line for each that does not. What was seen
// goes to standard output as JSON. `npm run build` packs the page before.

import { launch } from "../browser/browser.mjs";
import { look } from "./board.mjs";

const [prometheus, boards, jobs] = process.argv.slice(2);
if (!jobs) {
  console.error("usage: node render.mjs PROMETHEUS BOARDS JOBS");
  process.exit(64);
}
const browser = await launch();
try {
  const seen = [];
  for (const job of JSON.parse(jobs)) {
    const { complaints, ...what } = await look(browser, { prometheus, boards }, job);
    seen.push(what);
    for (const complaint of complaints) {
      console.error(`${job.board}: ${complaint}`);
      process.exitCode = 1;
    }
  }
  console.log(JSON.stringify(seen));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await browser.close();
}
