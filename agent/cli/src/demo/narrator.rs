//! Outside, on the host: tells the story, and asks the page what the agent made of it.
//!
//! It has no say in a verdict. It only compares what the agent shows with what was done to the network, and waits as
//! long as a verdict may take.

use std::io::BufRead as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::page::{self, Said};
use super::scene::{self, Scene};
use super::story::{ACTS, Act};
use super::{agent, narration, world};
use crate::args::Demo;
use crate::client::Page;
use crate::progress::Progress;
use crate::{exit, terminal};

/// Building the network takes half a second; a machine at work may need more.
const BUILD_PATIENCE: Duration = Duration::from_secs(30);

/// A round, four confirm rounds and the memory of answers at the pace of a demonstration are 20 s; as much again
/// for a machine at work, and for states that only the whole jury notices.
const VERDICT_PATIENCE: Duration = Duration::from_secs(60);

/// Between two scenes on a terminal.
const LINGER: Duration = Duration::from_secs(4);

/// How often the page is asked.
const ASK_EVERY: Duration = Duration::from_millis(250);

/// Within which the world ends when it is left alone, unless something in it hangs.
const GRACE: Duration = Duration::from_secs(5);

/// How often it is looked at meanwhile.
const ENDING: Duration = Duration::from_millis(10);

/// A scene was judged otherwise than it is.
const OTHERWISE: u8 = 1;

/// Tells the whole story.
pub(super) async fn tell(args: &Demo) -> Result<u8> {
    let listener = page::open(args.listen)?;
    let page = page::behind(&listener)?;
    let (mut process, mut line) = start(listener.into())?;
    let told = tokio::select! {
        // A story that waits for Ctrl-C has ended by it, and was not interrupted.
        biased;
        told = acts(args, page, &mut line) => told,
        _ = tokio::signal::ctrl_c() => Ok(Told::Interrupted),
    };
    // The world ends when nobody is left to tell it anything; what it has to complain about is on stderr by then.
    drop(line);
    let status = end(&mut process).await.context("failed to wait for the demonstration")?;
    match told? {
        Told::Wrong(wrong) => {
            say(&narration::closing(wrong, ACTS.len()))?;
            Ok(if wrong == 0 { exit::OK } else { OTHERWISE })
        }
        Told::Left(wrong) => Ok(if wrong == 0 { exit::OK } else { OTHERWISE }),
        Told::Interrupted => {
            say("\nEnded. Nothing is left behind.\n")?;
            Ok(exit::INTERRUPTED)
        }
        Told::Broken => {
            world::code(status).filter(|code| *code != exit::OK).context("the demonstration broke off")
        }
    }
}

/// How a story ends.
enum Told {
    /// At its end, with this many scenes that were judged otherwise.
    Wrong(usize),
    /// At the end of the input that was to let it go on, with as many so far.
    Left(usize),
    /// By Ctrl-C.
    Interrupted,
    /// The world has ended and has said why.
    Broken,
}

/// Starts the world in a process group of its own: Ctrl-C is for the narrator, who ends the world in order.
fn start(listener: OwnedFd) -> Result<(Child, Line)> {
    let (near, far) = StdUnixStream::pair().context("failed to make a line to the demonstration")?;
    let mut command = agent::world();
    command.stdin(listener).stdout(OwnedFd::from(far)).process_group(0);
    let process = command.spawn().context("failed to start the demonstration")?;
    near.set_nonblocking(true)?;
    let (words, wishes) = UnixStream::from_std(near)?.into_split();
    Ok((process, Line { words: BufReader::new(words).lines(), wishes }))
}

/// Waits for the world to end in order; one that does not is killed.
async fn end(process: &mut Child) -> std::io::Result<ExitStatus> {
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline {
        if let Some(status) = process.try_wait()? {
            return Ok(status);
        }
        sleep(ENDING).await;
    }
    process.kill()?;
    process.wait()
}

async fn acts(args: &Demo, page: Page, line: &mut Line) -> Result<Told> {
    let style = terminal::stdout_style();
    let mut enter = args.step.then(enter);
    let ready =
        timeout(BUILD_PATIENCE, line.next()).await.context("the demonstration takes too long to build")?;
    let Some(word) = ready else { return Ok(Told::Broken) };
    ensure!(word == world::READY, "the demonstration says {word:?} instead of {:?}", world::READY);
    say(&narration::opening(&page.url(), style))?;
    let mut before = scene::open();
    let mut wrong = 0;
    for (number, act) in (1..).zip(ACTS) {
        // Whoever watches wants to read, and to look at the page.
        if number > 1 && !args.step && style.width.is_some() {
            sleep(LINGER).await;
        }
        if let Some(enter) = &mut enter {
            terminal::complain("\nEnter for the next scene ");
            if enter.recv().await.is_none() {
                return Ok(Told::Left(wrong));
            }
        }
        let scene = act.scene()?;
        say(&narration::act(number, ACTS.len(), act, scene, before, style))?;
        let Some(outcome) = play(page, line, act, scene).await? else { return Ok(Told::Broken) };
        wrong += usize::from(!outcome.said.is(scene.port_25, scene.port_587));
        say(&narration::judged(&outcome.said, scene, outcome.after, style))?;
        before = scene;
    }
    if args.stay {
        say(&format!("\nThe page stays at {} until Ctrl-C.\n", page.url()))?;
        tokio::select! {
            _ = line.next() => return Ok(Told::Broken),
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    Ok(Told::Wrong(wrong))
}

/// What the agent said in the end, and after which time.
struct Outcome {
    said: Said,
    after: Duration,
}

/// Plays a scene and waits until the agent says what it is, or for as long as it may take. `None` where the world ended.
async fn play(page: Page, line: &mut Line, act: &Act, scene: &Scene) -> Result<Option<Outcome>> {
    line.wish(act.scene).await?;
    match line.next().await {
        Some(word) if word == scene.name => {}
        Some(word) => bail!("the demonstration plays {word:?} instead of {:?}", scene.name),
        None => return Ok(None),
    }
    let began = Instant::now();
    let waiting = Progress::start(false);
    waiting.say("the agent is measuring");
    let outcome = loop {
        // A page that has nothing to show yet is asked again.
        let said = page::ask(page).await.unwrap_or_default();
        let after = began.elapsed();
        if said.is(scene.port_25, scene.port_587) || after >= VERDICT_PATIENCE {
            break Some(Outcome { said, after });
        }
        tokio::select! {
            () = sleep(ASK_EVERY) => {}
            _ = line.next() => break None,
        }
    };
    waiting.finish();
    Ok(outcome)
}

/// To and from the world.
struct Line {
    words: Lines<BufReader<OwnedReadHalf>>,
    wishes: OwnedWriteHalf,
}

impl Line {
    /// The world's next word; `None` when it has ended.
    async fn next(&mut self) -> Option<String> {
        self.words.next_line().await.ok().flatten()
    }

    /// A world that has ended hears nothing, and says so by its silence.
    async fn wish(&mut self, name: &str) -> Result<()> {
        match self.wishes.write_all(format!("{name}\n").as_bytes()).await {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                bail!("failed to ask for {name}: {error}")
            }
            _ => Ok(()),
        }
    }
}

/// One message for each Enter; the channel ends with the input.
fn enter() -> mpsc::Receiver<()> {
    let (tell, pressed) = mpsc::channel(1);
    // Reading a terminal cannot be given up; the thread ends with the process.
    std::thread::spawn(move || {
        let mut lines = std::io::stdin().lock().lines();
        while let Some(Ok(_)) = lines.next() {
            if tell.blocking_send(()).is_err() {
                return;
            }
        }
    });
    pressed
}

fn say(text: &str) -> Result<()> {
    terminal::print(text).context("failed to write to stdout")
}
