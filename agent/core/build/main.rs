//! Makes constants of the facts in `data/knowledge`, so that the agent carries neither their text nor a reader for it (measured
//! in a program that does nothing else: 48 kB, where reading them with serde when they are asked for took 275 kB).
#![expect(
    clippy::disallowed_methods,
    reason = "the script reads files and variables so that the crate does not"
)]
#![expect(clippy::print_stdout, reason = "Cargo listens to a build script on stdout")]

mod facts;
mod schema;

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use crate::facts::literal;

/// Every provider that there is a file of, in the order in which they are listed.
const PROVIDERS: [&str; 13] = [
    "azure",
    "aws",
    "gcp",
    "oci",
    "digitalocean",
    "hetzner",
    "linode",
    "vultr",
    "scaleway",
    "ovh",
    "alibaba",
    "ibm",
    "exoscale",
];

const FOLDER: &str = "data/knowledge";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    println!("cargo::rerun-if-changed=build");
    let files = fs::read_dir(FOLDER)?.count();
    if files != PROVIDERS.len() + 1 {
        return Err(format!("{FOLDER} has {files} files: list each provider in build/main.rs").into());
    }
    let providers = PROVIDERS.map(|id| read(id, &schema::PROVIDER));
    let providers = providers.into_iter().collect::<Result<Vec<_>, _>>()?.join(",\n");
    let relays = read("relays", &schema::RELAYS)?;
    let code = format!(
        "/// The ids of all providers.\npub const PROVIDERS: &[&str] = &{PROVIDERS:?};\n\
         static FACTS: [Provider; {}] = [{providers}];\nstatic RELAYS: Relays = {relays};\n",
        PROVIDERS.len()
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("knowledge.rs"), code)?;
    Ok(())
}

fn read(name: &str, record: &facts::Record) -> Result<String, Box<dyn Error>> {
    let path = format!("{FOLDER}/{name}.toml");
    let text = fs::read_to_string(&path).map_err(|error| format!("failed to read {path}: {error}"))?;
    let table = text.parse().map_err(|error| format!("failed to read {path}: {error}"))?;
    literal(record, table).map_err(|error| format!("failed to read {path}: {error}").into())
}
