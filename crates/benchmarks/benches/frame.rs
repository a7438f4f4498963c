//! A 1080p RGB888 frame to DSI packets with header, code and checksum, into one buffer, on one core.
//!
//! 1080 lines of 5760 bytes, each a packed pixel stream packet; what is measured is `Packet::emit` for every line, one
//! behind the other. The link carries 1.25 GB/s at most (4 lanes of 2.5 Gbit/s); the numbers to hold are twice that
//! with the portable checksum and four times with a SIMD one. `in_place` frames lines that are already where they
//! have to be; `memcpy` is the copy alone. Source and packets are 6.2 MB each, so they come from the last cache or
//! from memory. GB/s is of pixels. Read `fastest`: what is slower than that is the machine's other work.
//!
//! ```text
//! cargo bench -p benchmarks --bench frame
//! ```

use benchmarks::{SimdCrc, noise};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use mipi_dsi::wire::{
    BitwiseCrc, Checksum, DataType, Decoder, FOOTER_LEN, HEADER_LEN, OmittedChecksum, Packet, Piece,
    SlicedCrc, VirtualChannel, frame_in_place,
};

fn main() {
    divan::main();
}

const LINES: usize = 1080;
const LINE: usize = 1920 * 3;
const PACKET: usize = HEADER_LEN + LINE + FOOTER_LEN;

/// The whole frame; how many bytes it became.
fn encode(frame: &[u8], packets: &mut [u8], checksum: &impl Checksum) -> usize {
    let mut at = 0;
    for line in frame.chunks_exact(LINE) {
        let packet = Packet::new(VirtualChannel::VC0, DataType::PACKED_PIXEL_STREAM_24, line);
        let rest = packets.get_mut(at..).unwrap_or_default();
        at += packet.ok().and_then(|packet| packet.emit(rest, checksum).ok()).unwrap_or_default();
    }
    at
}

fn decode(packets: &[u8], checksum: impl Checksum) -> usize {
    Decoder::<DataType, _>::with_checksum(packets, checksum)
        .filter(|piece| matches!(piece, Piece::Packet(packet) if packet.is_clean()))
        .count()
}

/// A frame and its packets, which are right.
fn encoded(checksum: &impl Checksum) -> (Vec<u8>, Vec<u8>) {
    let (frame, mut packets) = (noise(LINES * LINE), vec![0; LINES * PACKET]);
    assert_eq!(encode(&frame, &mut packets, checksum), packets.len());
    (frame, packets)
}

fn bench_encode(bencher: Bencher<'_, '_>, checksum: impl Checksum, is_checked: bool) {
    let (frame, mut packets) = encoded(&checksum);
    assert_eq!(decode(&packets, BitwiseCrc), LINES);
    let last = u16::from_le_bytes([packets[PACKET - 2], packets[PACKET - 1]]);
    assert_eq!(is_checked, last == BitwiseCrc.checksum(&frame[..LINE]));
    bencher
        .counter(BytesCount::new(frame.len()))
        .bench_local(|| encode(black_box(&frame), black_box(&mut packets), &checksum));
}

#[divan::bench_group(sample_count = 200, sample_size = 1)]
mod encode {
    use super::*;

    #[divan::bench]
    fn portable(bencher: Bencher<'_, '_>) {
        bench_encode(bencher, SlicedCrc, true);
    }

    #[divan::bench]
    fn simd(bencher: Bencher<'_, '_>) {
        bench_encode(bencher, SimdCrc, true);
    }

    /// What everything but the checksum costs.
    #[divan::bench]
    fn without_checksum(bencher: Bencher<'_, '_>) {
        bench_encode(bencher, OmittedChecksum, false);
    }

    #[divan::bench]
    fn memcpy(bencher: Bencher<'_, '_>) {
        let (frame, mut packets) = encoded(&SlicedCrc);
        let len = frame.len();
        bencher
            .counter(BytesCount::new(len))
            .bench_local(|| black_box(&mut packets)[..len].copy_from_slice(black_box(&frame)));
    }
}

#[divan::bench_group(sample_count = 200, sample_size = 1)]
mod in_place {
    use super::*;

    fn bench(bencher: Bencher<'_, '_>, checksum: impl Checksum) {
        let (frame, mut packets) = encoded(&checksum);
        bencher.counter(BytesCount::new(frame.len())).bench_local(|| {
            let pixels = DataType::PACKED_PIXEL_STREAM_24;
            black_box(&mut packets)
                .chunks_exact_mut(PACKET)
                .filter_map(|packet| {
                    frame_in_place(VirtualChannel::VC0, pixels, LINE, packet, &checksum).ok()
                })
                .sum::<usize>()
        });
    }

    #[divan::bench]
    fn portable(bencher: Bencher<'_, '_>) {
        bench(bencher, SlicedCrc);
    }

    #[divan::bench]
    fn simd(bencher: Bencher<'_, '_>) {
        bench(bencher, SimdCrc);
    }
}

#[divan::bench_group(sample_count = 200, sample_size = 1)]
mod decode {
    use super::*;

    fn bench(bencher: Bencher<'_, '_>, checksum: impl Checksum + Copy) {
        let (frame, packets) = encoded(&checksum);
        bencher
            .counter(BytesCount::new(frame.len()))
            .bench_local(|| decode(black_box(&packets), black_box(checksum)));
    }

    #[divan::bench]
    fn portable(bencher: Bencher<'_, '_>) {
        bench(bencher, SlicedCrc);
    }

    #[divan::bench]
    fn simd(bencher: Bencher<'_, '_>) {
        bench(bencher, SimdCrc);
    }
}
