//! Writes the seeds of all targets to `seeds/`: what a fuzzer starts from, and what it would take long to find.
//!
//! ```text
//! cd fuzz && cargo run --example seeds
//! ```
//!
//! The blobs are compiled from `boards/` by `dtc`, and from the tree of the tool's built-in board.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mipi_dsi::dcs::{Form, Opcode};
use mipi_dsi::wire::{DataType, Packet, PacketType, Request, ResponseType, SmallCrc, VirtualChannel, ecc};

fn main() {
    requests();
    responses();
    dcs();
    sequences();
    boards();
}

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = root().join("seeds").join(target);
    fs::create_dir_all(&folder).expect("the checkout can be written");
    fs::write(folder.join(name), bytes).expect("the checkout can be written");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn packet<T: PacketType>(channel: u8, data_type: T, payload: &[u8]) -> Vec<u8> {
    let channel = VirtualChannel::new(channel).expect("one of four");
    let packet = Packet::new(channel, data_type, payload).expect("a short payload");
    let mut bytes = vec![0; packet.encoded_len()];
    packet.emit(&mut bytes, &SmallCrc).expect("as long as the packet");
    bytes
}

fn requests() {
    let end = packet(0, DataType::END_OF_TRANSMISSION, &[0x0f, 0x0f]);
    let mut every = Vec::new();
    for (number, data_type) in (0..).zip(DataType::KNOWN.iter().copied()) {
        every.extend(packet(
            number % 4,
            data_type,
            if data_type.is_long() { &[0; 36] } else { &[0x0f, 0x0f] },
        ));
    }
    write("requests", "every-data-type", &every);
    let init = [
        packet(0, DataType::DCS_SHORT_WRITE_0, &[0x11]),
        packet(0, DataType::DCS_LONG_WRITE, &[0x2a, 0, 0, 4, 0x37]),
        packet(0, DataType::DCS_SHORT_WRITE_1, &[0x51, 0xff]),
        packet(0, DataType::GENERIC_LONG_WRITE, &[0xf0, 0x5a, 0x5a]),
        packet(0, DataType::DCS_SHORT_WRITE_0, &[0x29]),
        end.clone(),
    ]
    .concat();
    write("requests", "panel-init", &init);
    let mut corrected = init.clone();
    corrected[0] ^= 0x40;
    corrected[6] ^= 0x01;
    write("requests", "two-headers-to-correct", &corrected);
    let mut lost = init.clone();
    lost[1] ^= 0x03;
    lost[14] ^= 0xff;
    write("requests", "header-and-payload-damaged", &lost);
    write("requests", "cut", &init[..init.len() - 7]);
    let line: Vec<u8> = (0..48).collect();
    let video = [
        packet(0, DataType::V_SYNC_START, &[0x10]),
        packet(0, DataType::H_SYNC_START, &[]),
        packet(0, DataType::BLANKING_PACKET, &[0; 12]),
        packet(0, DataType::PACKED_PIXEL_STREAM_24, &line),
        packet(0, DataType::PACKED_PIXEL_STREAM_18, &line[..45]),
        end,
    ]
    .concat();
    write("requests", "video-line", &video);
    let mut omitted = packet(1, DataType::GENERIC_LONG_WRITE, &[1, 2, 3]);
    omitted.splice(7.., [0, 0]);
    write("requests", "checksum-left-out", &omitted);
    let pps = Request::PictureParameterSet(&[0x11; 128]).packet(VirtualChannel::VC0).expect("fits");
    let mut bytes = vec![0; pps.encoded_len()];
    pps.emit(&mut bytes, &SmallCrc).expect("as long as the packet");
    write("requests", "picture-parameter-set", &bytes);
}

fn responses() {
    let mut every = Vec::new();
    for (number, response_type) in (0..).zip(ResponseType::KNOWN.iter().copied()) {
        let payload: &[u8] = if response_type.is_long() { &[0x9c, 1, 2, 3, 4] } else { &[0x0f, 0x0f] };
        every.extend(packet(number % 4, response_type, payload));
    }
    write("responses", "every-response-type", &every);
    let report = packet(0, ResponseType::ACKNOWLEDGE_AND_ERROR_REPORT, &[0x02, 0x01]);
    let response = packet(0, ResponseType::DCS_SHORT_READ_1, &[0x9c]);
    write("responses", "response-and-report", &[response, report].concat());
    let unassigned = [0x3f, 2, 0, ecc([0x3f, 2, 0]), 7, 7, 0, 0];
    write("responses", "unassigned", &unassigned);
}

fn dcs() {
    for &opcode in Opcode::KNOWN {
        let len = match opcode.form() {
            Some(Form::Exactly(len) | Form::Between(_, len)) => len.min(12),
            Some(Form::Any) => 5,
            _ => continue,
        };
        // One seed for each form of payload is enough; the fuzzer finds the opcodes.
        if len >= 2 || opcode == Opcode::EXIT_SLEEP_MODE {
            let payload: Vec<u8> =
                [opcode.get()].into_iter().chain((0..len).map(|byte| byte as u8)).collect();
            write("dcs", &format!("{:02x}", opcode.get()), &payload);
        }
    }
    write("dcs", "vendor", &[0xf0, 0x5a, 0x5a]);
    write("dcs", "picture-parameter-set", &[0x11; 128]);
}

fn sequences() {
    let step = |kind: u8, bytes: &[u8]| [&[kind, bytes.len() as u8], bytes].concat();
    let up = [step(0, &[0x11]), step(4, &[120]), step(1, &[0xb0, 1]), step(0, &[0x29])].concat();
    write("sequences", "up", &up);
    let check = [step(2, &[0xf0, 0x5a]), step(3, &[0x40, 0, 0xff, 0]), step(5, &[1, 0]), vec![0x40]].concat();
    write("sequences", "check", &check);
    write("sequences", "no-opcode", &step(0, &[]));
}

fn boards() {
    let dts = |name: &str| compile(&root().join("boards").join(name));
    let (bridge, ganged, overlay) = (dts("bridge.dts"), dts("ganged.dts"), dts("panel-overlay.dts"));
    let thread = compile(&root().join("../crates/dsi/boards/thread.dts"));
    write("blobs", "bridge-with-overlay", &[&bridge[..], &overlay].concat());
    write("blobs", "ganged", &ganged);
    write("blobs", "thread", &thread);
    write("blobs", "overlay-alone", &overlay);
    write("blobs", "overlay-for-another-board", &[&ganged[..], &overlay].concat());
    // Instructions for the builder: hosts with children, graphs, fragments. It is generous: any bytes will do.
    let host = [1, 1, 5, 0, 1, 1, 7, 5, 5, 0, 6, 1, 2, 0, 0];
    write("trees", "host-with-panel", &host);
    let graph = [
        1, 1, 5, 1, 1, 1, 12, 1, 15, 6, 1, 2, 0, 0, 0, 1, 3, 1, 9, 5, 3, 2, 1, 12, 1, 15, 6, 2, 1, 0, 0, 0,
        0, 0, 0, 0,
    ];
    write("trees", "graph", &graph);
    let fragments: Vec<u8> =
        host.into_iter().chain([0, 11, 13, 7, 8, 2, 0, 13, 1, 7, 5, 5, 1, 6, 3, 3, 0, 0, 7]).collect();
    write("trees", "fragments", &fragments);
    write("trees", "spread", &(0..=255).map(|byte: u8| byte.wrapping_mul(59)).collect::<Vec<_>>());
}

fn compile(source: &Path) -> Vec<u8> {
    let output = Command::new("dtc").args(["-q", "-@", "-I", "dts", "-O", "dtb"]).arg(source).output();
    let output = output.expect("dtc is installed (Debian: device-tree-compiler)");
    assert!(output.status.success(), "{}: {}", source.display(), String::from_utf8_lossy(&output.stderr));
    output.stdout
}
