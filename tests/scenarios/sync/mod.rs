//! How it travels: the engine, refusals, bad networks, replays, servers and phones of other releases.

mod attachments;
mod bad_days;
mod duplicates;
mod engine;
mod half_done;
mod hostile_network;
mod lifeline;
mod misbehaviour;
mod newer_release;
mod reads_by_id;
mod references;
mod refusals;
mod town;
mod waits;
mod watermarks;
