//! Compiles `proto/` with protox, so no `protoc` is needed on the machine, and writes the
//! descriptor set that gRPC reflection serves.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use prost::Message;

const FILES: [&str; 5] = [
    "backstock/v1/reason.proto",
    "backstock/v1/inventory.proto",
    "backstock/v1/plan.proto",
    "backstock/v1/insight.proto",
    "backstock/v1/event.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=migrations");
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_source_info(true).include_imports(true);
    let descriptors = compiler.open_files(FILES)?.file_descriptor_set();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
