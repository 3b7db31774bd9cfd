// Keeps an open page true: it shows the agent's own page, fetched anew.

const $ = (what, root = document) => root.querySelector(what);
const all = (what, root = document) => [...root.querySelectorAll(what)];
const RETRY_MS = 15000;
let skew, busy, again, held;

// New reports
async function refresh() {
	held = !getSelection().isCollapsed; // copying into a ticket
	again = busy;
	if (held || busy) return;
	busy = true;
	await replace().catch(lost);
	busy = false;
	if (again) refresh();
}

async function replace() {
	const answer = await fetch("/");
	if (!answer.ok) throw answer;
	const next = new DOMParser().parseFromString(await answer.text(), "text/html");
	const key = (e) => e.id || e.href || e.parentNode.id;
	const says = () => all("[data-says]").map((e) => e.dataset.says);
	const [before, focus, y] = [says(), key(document.activeElement), scrollY];
	for (const fold of all("details", next)) {
		const was = $("#" + fold.id);
		if (was?.dataset.state === fold.dataset.state) fold.open = was.open;
	}
	for (const part of ["#about", "#main", "#footer"]) $(part).replaceWith($(part, next));
	document.title = next.title;
	adopt();
	all("a, summary, [tabindex]").find((e) => key(e) === focus)?.focus({ preventScroll: true });
	scrollTo({ top: y, behavior: "instant" });
	const news = says().filter((now) => !before.includes(now)).join(". ");
	if (news) $("#said").textContent = news;
}

// The connection
function listen() {
	const stream = new EventSource("/api/v1/events");
	stream.onerror = () => {
		lost();
		if (stream.readyState > 1) setTimeout(listen, RETRY_MS);
	};
	stream.addEventListener("report", (e) => {
		$("#lost").hidden = true;
		if (e.lastEventId !== $("#main").dataset.generation) refresh();
	});
}

function lost() {
	const note = $("#lost");
	if (!note.hidden) return;
	const at = new Date(Date.now() + skew).toISOString().slice(0, 19).replace("T", " ");
	note.textContent = `The connection to the agent was lost at ${at} UTC.`;
	note.hidden = false;
}

// Time
function tick() {
	for (const e of all(".ago")) {
		const s = Math.round((Date.now() + skew - Date.parse(e.previousElementSibling.dateTime)) / 1000), n = Math.abs(s);
		const [unit, of] = n < 60 ? [1, " s"] : n < 3600 ? [60, " min"] : n < 172800 ? [3600, " h"] : [86400, " days"];
		const span = Math.floor(n / unit) + of;
		if (n >= 0) e.textContent = s < 0 ? "in " + span : e.matches(".due") ? "now" : n ? span + " ago" : "just now";
	}
}

// Charts: a mark's title, at the pointer and by arrow keys
const tip = $("#tip");

function adopt() {
	tip.hidden = true;
	skew = Date.parse($("#main").dataset.now) - Date.now();
	tick();
	for (const title of all("[role=img] title")) {
		const of = title.parentNode;
		if (of.role) [of.ariaLabel, of.tabIndex] = [title.textContent, 0];
		else of.dataset.tip = title.textContent;
		title.remove();
	}
}

const chartOf = (e) => e.closest("[role=img]");
const marks = (chart, by) => all("[data-tip]", chart)
	.map((e) => [e.getBoundingClientRect(), e.dataset.tip])
	.sort(([a], [b]) => by(a) - by(b));

function show([box, text], x) {
	tip.textContent = text;
	tip.hidden = false;
	tip.style.left = `clamp(8rem, ${x}px, 100vw - 8rem)`;
	tip.style.top = `${box.y + scrollY}px`;
}

onpointermove = ({ target, x }) => {
	const chart = chartOf(target);
	const [near] = chart ? marks(chart, (box) => Math.max(box.x - x, x - box.right)) : [];
	near ? show(near, x) : tip.hidden = true;
};

onkeydown = (e) => {
	const chart = chartOf(e.target), step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
	tip.hidden = true;
	if (!chart || !step) return;
	e.preventDefault();
	const list = marks(chart, (box) => box.x);
	const at = chart.at = Math.max(0, Math.min((chart.at ?? list.length) + step, list.length - 1));
	if (list[at]) show(list[at], list[at][0].x);
};

// Folds
onhashchange = () => {
	const fold = $(":target")?.closest("details");
	if (fold) fold.open = true;
};
onbeforeprint = () => all("details").forEach((fold) => (fold.open = true));
document.onselectionchange = () => held && refresh();

adopt();
onhashchange();
listen();
setInterval(tick, 1000);
