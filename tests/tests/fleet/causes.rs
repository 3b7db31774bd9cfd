//! One cause, one notification: what becomes of a fleet, and what people are told of it.

use anyhow::{Result, ensure};
use e2e::fleet::Fleet;

use crate::timing;
use crate::told::lines_of;
use crate::world::{Job, World};

pub(crate) const JOBS: &[(&str, Job)] = &[
    ("a_subscription_that_the_platform_blocks_is_one_page", block),
    ("a_tenant_that_the_platform_blocks_is_one_page", tenant),
    ("a_subscription_that_becomes_another_is_one_page_and_one_ticket", kind),
    ("the_death_of_an_operator_is_told_to_nobody", operator),
    ("a_security_group_s_mistake_in_one_network_is_one_ticket", security_group),
    ("a_region_without_egress_is_one_page_that_is_not_about_mail", region),
];

/// A minute before something happens, and when it happens, in stories.
const BEFORE: u32 = 9;
const HAPPENS: u32 = 10;
const SHORT: u32 = 40;
/// Tickets wait half an hour.
const LONG: u32 = 70;

fn block(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays("block")?;
    let page = "SortieSubscriptionPortBlocked";
    require_told(world, &fleet, SHORT, &["/page firing SortieSubscriptionPortBlocked prod 25: 2"])?;
    timing::of_block(world, &fleet, page, world.minutes(HAPPENS), 1)
}

fn tenant(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays("tenant")?;
    require_told(world, &fleet, SHORT, &["/page firing SortieTenantWideBlock 25: 1"])?;
    timing::of_block(world, &fleet, "SortieTenantWideBlock", world.minutes(HAPPENS), 3)
}

fn kind(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays("type")?;
    require_told(
        world,
        &fleet,
        SHORT,
        &[
            "/page firing SortieSubscriptionPortBlocked prod 25: 1",
            "/ticket firing SortieSubscriptionTypeChanged prod: 1",
        ],
    )
}

fn operator(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays("operator")?;
    require_told(world, &fleet, SHORT, &[])
}

fn security_group(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays("security-group")?;
    require_told(world, &fleet, LONG, &["/ticket firing SortieSubscriptionPartiallyBlocked prod 25: 1"])
}

fn region(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays("region")?;
    require_told(world, &fleet, SHORT, &["/page firing SortieRegionNoEgress northeurope: 1"])
}

/// Plays until this minute, and requires that people were told this and nothing else: nothing before it happened, and
/// nothing of a single machine.
fn require_told(world: &World<'_>, fleet: &Fleet, until: u32, expected: &[&str]) -> Result<()> {
    world.reach(fleet, BEFORE)?;
    let before = lines_of(fleet, &world.desk.told()?);
    ensure!(before.is_empty(), "nothing has happened, and told is {before:#?}");
    world.reach(fleet, until)?;
    let told = world.desk.settled()?;
    let lines = lines_of(fleet, &told);
    let details = || told.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ");
    ensure!(lines == expected, "expected {expected:#?}, and told is {lines:#?}\n  {}", details());
    let of_machine = told
        .iter()
        .flat_map(|it| &it.alerts)
        .find(|alert| alert.labels.contains_key("host_id") || alert.labels.contains_key("host_name"));
    ensure!(of_machine.is_none(), "somebody was told of one machine: {of_machine:?}");
    Ok(())
}
