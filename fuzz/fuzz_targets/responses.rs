#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mipi_dsi_fuzz::responses(data));
