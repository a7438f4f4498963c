//! One packet: its header's code, and short and long packets written and read, in nanoseconds.
//!
//! `encode` goes from a request to bytes (`Request::packet`, `Packet::emit`), `decode` from bytes to a request
//! (`Packet::parse`, `Request::parse`). Short packets have no checksum; long ones are measured with the small table that
//! firmware has, and with the tables for frames. The bytes are in the first cache. Read `fastest`: what is slower than
//! that is the machine's other work.
//!
//! ```text
//! cargo bench -p benchmarks --bench packet
//! ```

use benchmarks::noise;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use mipi_dsi::wire::{
    Checksum, DataType, MAX_PACKET_LEN, Packet, Request, SlicedCrc, SmallCrc, VirtualChannel, check_header,
    ecc,
};

fn main() {
    divan::main();
}

const VC0: VirtualChannel = VirtualChannel::VC0;
/// Of a DCS write: opcode, opcode and parameter; a window; a page of an init table; a line of a 1080p frame.
const SHORT: [usize; 2] = [1, 2];
const LONG: [usize; 4] = [5, 64, 1024, 5760];

#[divan::bench_group(sample_count = 300)]
mod header {
    use super::*;

    /// A thousand, because one takes less than the clock can tell from nothing.
    fn thousand(error: u32) -> Vec<[u8; 4]> {
        let with_code = |bytes: &[u8]| {
            let &[a, b, c] = bytes else { unreachable!("chunks of three") };
            (u32::from_le_bytes([a, b, c, ecc([a, b, c])]) ^ error).to_le_bytes()
        };
        noise(3000).chunks_exact(3).map(with_code).collect()
    }

    #[divan::bench]
    fn a_thousand_codes(bencher: Bencher<'_, '_>) {
        let headers = thousand(0);
        bencher.bench_local(|| {
            black_box(&headers).iter().fold(0, |all, &[a, b, c, _]| all ^ black_box(ecc([a, b, c])))
        });
    }

    fn check(bencher: Bencher<'_, '_>, error: u32) {
        let headers = thousand(error);
        bencher.bench_local(|| {
            for &header in black_box(&headers) {
                black_box(check_header(header));
            }
        });
    }

    #[divan::bench]
    fn a_thousand_checked(bencher: Bencher<'_, '_>) {
        check(bencher, 0);
    }

    #[divan::bench]
    fn a_thousand_corrected(bencher: Bencher<'_, '_>) {
        check(bencher, 0x4000);
    }
}

fn emit(payload: &[u8], buffer: &mut [u8], checksum: &impl Checksum) -> usize {
    let packet = Request::DcsWrite(payload).packet(VC0);
    packet.ok().and_then(|packet| packet.emit(buffer, checksum).ok()).unwrap_or_default()
}

fn bench_encode(bencher: Bencher<'_, '_>, len: usize, checksum: impl Checksum) {
    let (payload, mut buffer) = (noise(len), vec![0; MAX_PACKET_LEN]);
    assert_ne!(emit(&payload, &mut buffer, &checksum), 0);
    bencher
        .counter(BytesCount::new(len))
        .bench_local(|| emit(black_box(&payload), black_box(&mut buffer), &checksum));
}

fn bench_decode(bencher: Bencher<'_, '_>, len: usize, checksum: impl Checksum) {
    let (payload, mut buffer) = (noise(len), vec![0; MAX_PACKET_LEN]);
    let total = emit(&payload, &mut buffer, &checksum);
    let read = |bytes: &[u8]| {
        let packet = Packet::<DataType>::parse(bytes, &checksum).ok()?;
        match Request::parse(&packet) {
            Ok(Request::DcsWrite(payload)) => Some(payload.len()),
            _ => None,
        }
    };
    assert_eq!(read(&buffer[..total]), Some(len));
    bencher.counter(BytesCount::new(len)).bench_local(|| read(black_box(&buffer[..total])));
}

#[divan::bench_group(sample_count = 300)]
mod encode {
    use super::*;

    #[divan::bench(args = SHORT)]
    fn short(bencher: Bencher<'_, '_>, len: usize) {
        bench_encode(bencher, len, SmallCrc);
    }

    #[divan::bench(args = LONG)]
    fn long_small_table(bencher: Bencher<'_, '_>, len: usize) {
        bench_encode(bencher, len, SmallCrc);
    }

    #[divan::bench(args = LONG)]
    fn long_sliced(bencher: Bencher<'_, '_>, len: usize) {
        bench_encode(bencher, len, SlicedCrc);
    }
}

#[divan::bench_group(sample_count = 300)]
mod decode {
    use super::*;

    #[divan::bench(args = SHORT)]
    fn short(bencher: Bencher<'_, '_>, len: usize) {
        bench_decode(bencher, len, SmallCrc);
    }

    #[divan::bench(args = LONG)]
    fn long_small_table(bencher: Bencher<'_, '_>, len: usize) {
        bench_decode(bencher, len, SmallCrc);
    }

    #[divan::bench(args = LONG)]
    fn long_sliced(bencher: Bencher<'_, '_>, len: usize) {
        bench_decode(bencher, len, SlicedCrc);
    }
}
