//! The checksum of a long packet, from 64 bytes to 8 KiB, beside its peers in the same run.
//!
//! Two comparisons count: `portable/sliced` against `portable/crate_crc_table16` (crate `crc`, its 16-byte table),
//! and `simd/through_the_trait` against `simd/crate_crc_fast` (what handing it in costs). 5760 bytes are one line of a
//! 1080p RGB888 frame. The bytes are in the first cache; whoever sends a frame meets memory too: see `frame`.
//! Read `fastest`: what is slower than that is the machine's other work.
//!
//! ```text
//! cargo bench -p benchmarks --bench checksum
//! ```

use benchmarks::{SimdCrc, noise};
use crc::{CRC_16_MCRF4XX, Crc, Table};
use crc_fast::CrcAlgorithm;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use mipi_dsi::wire::{BitwiseCrc, Checksum, SlicedCrc, SmallCrc};

fn main() {
    divan::main();
}

const SIZES: [usize; 7] = [64, 256, 1024, 2048, 4096, 5760, 8192];

/// The same parameters under their name in the catalogue of CRCs.
static PEER: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_MCRF4XX);

fn measure(bencher: Bencher<'_, '_>, len: usize, checksum: impl Fn(&[u8]) -> u16) {
    let bytes = noise(len);
    assert_eq!(checksum(&bytes), BitwiseCrc.checksum(&bytes), "a wrong checksum is not to be compared");
    bencher.counter(BytesCount::new(len)).bench_local(|| checksum(black_box(&bytes)));
}

#[divan::bench_group(sample_count = 300)]
mod portable {
    use super::*;

    #[divan::bench(args = SIZES)]
    fn sliced(bencher: Bencher<'_, '_>, len: usize) {
        measure(bencher, len, |bytes| SlicedCrc.checksum(bytes));
    }

    #[divan::bench(args = SIZES)]
    fn crate_crc_table16(bencher: Bencher<'_, '_>, len: usize) {
        measure(bencher, len, |bytes| PEER.checksum(bytes));
    }

    #[divan::bench(args = SIZES)]
    fn small(bencher: Bencher<'_, '_>, len: usize) {
        measure(bencher, len, |bytes| SmallCrc.checksum(bytes));
    }
}

#[divan::bench_group(sample_count = 300)]
mod simd {
    use super::*;

    #[divan::bench(args = SIZES)]
    fn through_the_trait(bencher: Bencher<'_, '_>, len: usize) {
        measure(bencher, len, |bytes| SimdCrc.checksum(bytes));
    }

    #[divan::bench(args = SIZES)]
    fn crate_crc_fast(bencher: Bencher<'_, '_>, len: usize) {
        measure(bencher, len, |bytes| crc_fast::checksum(CrcAlgorithm::Crc16Mcrf4xx, bytes) as u16);
    }
}
