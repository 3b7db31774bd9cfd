// One board: opened, waited for, judged and painted.

import { paint } from "./picture.mjs";
import { ADDRESS, serve } from "./site.mjs";

const WIDTH = 1440;
/** Panels ask only once they are in sight, so all of a board has to be. */
const ALL_IN_SIGHT = 8000;
/** The slowest board on a busy machine of two cores takes a third of this. */
const PATIENCE_MS = 90_000;
/** Below the last panel, as between panels. */
const MARGIN = 16;

export async function look(browser, sources, { board, ask, empty = [], pictures = {} }) {
  const context = await browser.newContext({ viewport: { width: WIDTH, height: ALL_IN_SIGHT } });
  context.setDefaultTimeout(PATIENCE_MS);
  const themes = Object.keys(pictures);
  const complaints = [];
  let panels = 0;
  try {
    for (const theme of themes.length === 0 ? ["light"] : themes) {
      const page = await context.newPage();
      const said = listen(page);
      const refused = await serve(page, sources);
      await page.goto(`${ADDRESS}/?board=${board}&theme=${theme}&${ask}`);
      await settled(page).catch(() => complaints.push(`it is not complete after ${PATIENCE_MS / 1000} s`));
      const report = await page.evaluate(() => window.report());
      panels = report.panels.length;
      complaints.push(...said, ...refused, ...judge(report, empty), ...(await alerts(page)));
      if (pictures[theme]) {
        await fit(page);
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
function listen(page) {
  const said = [];
  page.on("console", (message) => {
    if (message.type() === "error") {
      said.push(`the console says: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => said.push(`uncaught: ${error.message}`));
  return said;
}

/** Every query of every panel has its answer, or an error. */
async function settled(page) {
  await page.waitForFunction(() => {
    const isOver = (panel) => !panel.isShown || panel.queries.every((it) => it.isOver);
    return window.report?.().panels.every(isOver);
  });
}

function judge({ panels, variables, errors }, empty) {
  const hidden = panels.filter((it) => !it.isShown);
  const nothing = panels.filter((it) => it.isShown && it.queries.length > 0 && it.queries.every((one) => !one.series));
  const unexplained = nothing.filter((it) => !empty.includes(it.name));
  const without = variables.filter((it) => !it.choices);
  return [
    ...errors,
    ...hidden.map((it) => `“${it.name}” has no place on the board`),
    ...unexplained.map((it) => `${it.kind} “${it.name}” shows nothing: ${it.queries.map((one) => one.query).join("; ")}`),
    ...without.map((it) => `there is nothing to choose from for $${it.name}`),
  ];
}

/** What panels say in place of their picture. */
async function alerts(page) {
  const texts = await page.locator('[role="alert"]').allInnerTexts();
  return texts.map((text) => `a panel says: ${text}`);
}

/** The window becomes as high as the board. */
async function fit(page) {
  const bottoms = await page
    .locator('[data-testid="panel"]')
    .evaluateAll((panels) => panels.map((panel) => panel.getBoundingClientRect().bottom));
  await page.setViewportSize({ width: WIDTH, height: Math.ceil(Math.max(...bottoms)) + MARGIN });
}
