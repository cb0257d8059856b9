//! What is on disk survives: power cuts, kills, failing and full disks, flipped bits, files of earlier releases.

mod bit_rot;
mod failing_disk;
mod golden;
mod kill;
mod never_apart;
mod power;
mod small_disk;
mod store;
