//! uniffi's generator, pinned to the version of the core. A crate of its own, so that its command line does not slow
//! the everyday build.

fn main() {
    uniffi::uniffi_bindgen_main();
}
