#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| epilogue_fuzz::requests(data));
