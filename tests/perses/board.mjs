// One board: opened, waited for, judged and painted.

import { paint } from "./picture.mjs";
import { ADDRESS, serve } from "./site.mjs";

const WIDTH = 1440;
/** Panels ask only once they are in sight, so all of a board has to be. */
const ALL_IN_SIGHT = 8000;
/** The slowest board on a busy machine of two cores takes a third of this. */
const PATIENCE_MS = 90_000;

export async function look(browser, sources, { board, ask, empty = [], pictures = {} }) {
  const context = await browser.newContext({ viewport: { width: WIDTH, height: ALL_IN_SIGHT } });
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    const complaints = [];
    const themes = Object.keys(pictures);
    let panels = 0;
    for (const theme of themes.length === 0 ? ["light"] : themes) {
      const page = await context.newPage();
      const said = await listen(page);
      const refused = await serve(page, sources);
      await page.goto(`${ADDRESS}/?board=${board}&theme=${theme}&${ask}`);
      await settled(page).catch((error) => complaints.push(`it does not settle: ${error.message}`));
      const report = await page.evaluate(() => window.report());
      panels = report.panels.length;
      complaints.push(...said, ...refused, ...judge(report, empty), ...(await alerts(page)));
      await fit(page);
      if (pictures[theme]) {
        await paint(page, pictures[theme]);
      }
      await page.close();
    }
    return { board, panels, complaints: [...new Set(complaints)] };
  } finally {
    await context.close();
  }
}

/** Everything that the page says, and must not. */
async function listen(page) {
  const said = [];
  page.on("console", (message) => {
    if (message.type() === "error") {
      said.push(`the console says: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => said.push(`uncaught: ${error.message}`));
  return said;
}

/** Every query of every panel has its answer, or one of them an error. */
async function settled(page) {
  await page.waitForFunction(() => {
    const report = window.report?.();
    return (
      report &&
      report.fetching === 0 &&
      (report.errors.length > 0 || report.panels.every((it) => it.queries.every((query) => query.series !== null)))
    );
  });
}

function judge({ panels, variables, errors }, empty) {
  const nothing = panels.filter((it) => it.queries.length > 0 && it.queries.every((query) => !query.series));
  const unexplained = nothing.filter((it) => !empty.includes(it.name));
  const full = empty.filter((name) => !nothing.some((it) => it.name === name));
  return [
    ...errors,
    ...unexplained.map((it) => `${it.kind} “${it.name}” shows nothing: ${it.queries.map((one) => one.query).join("; ")}`),
    ...full.map((name) => `“${name}” should be empty, and is not`),
    ...variables.filter((it) => !it.values).map((it) => `there is nothing to choose from for $${it.name}`),
  ];
}

/** What panels say in place of their picture. */
async function alerts(page) {
  const texts = await page.locator('[role="alert"]').allInnerTexts();
  return texts.map((text) => `a panel says: ${text}`);
}

/** The window becomes as high as the board. */
async function fit(page) {
  const bottoms = await page.locator('[data-testid="panel"]').evaluateAll((panels) =>
    panels.map((panel) => panel.getBoundingClientRect().bottom),
  );
  const margin = 16;
  await page.setViewportSize({ width: WIDTH, height: Math.ceil(Math.max(...bottoms)) + margin });
}
