//! How calls come in and word goes out.

mod both_doors;
mod cad_updates;
mod nine_people;
mod offers;
mod packets;
mod shift;
