//! DCS: payloads of writes, responses to reads, and sequences of steps.

use std::convert::Infallible;

use mipi_dsi::dcs::sequence::{SequenceLink, Step, check, check_pauses, play};
use mipi_dsi::dcs::{
    DeviceDescriptor, Form, Get3dControl, GetAddressMode, GetCabcMinBrightness, GetCompressionMode,
    GetControlDisplay, GetDiagnosticResult, GetDisplayBrightness, GetDisplayBrightness16,
    GetDisplayBrightness16Swapped, GetDisplayId, GetDisplayMode, GetDisplayStatus, GetImageChecksumCt,
    GetImageChecksumRgb, GetPixelFormat, GetPowerMode, GetPowerSave, GetRedChannel, GetScanline,
    GetSignalMode, Opcode, ReadCommand, ReadDdbStart, ShowPayload, WrittenCommand,
};
use mipi_dsi::wire::{MAX_PAYLOAD_LEN, PPS_LEN, PictureParameterSet};

/// A payload of a DCS write; the same bytes as a response to every read.
pub fn dcs(data: &[u8]) {
    assert!(!ShowPayload(data).to_string().is_empty());
    write(data);
    leniently(data);
    responses(data);
    if let Some(bytes) = data.first_chunk::<PPS_LEN>() {
        let set = PictureParameterSet::from_bytes(*bytes);
        let _ = format!("{set:?}");
    }
}

fn write(data: &[u8]) {
    let write = match WrittenCommand::parse(data) {
        Ok(write) => write,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let _ = format!("{write:?}");
    assert_eq!(Some(&write.opcode().get()), data.first());
    let mut buffer = vec![0xa5; data.len() + 1];
    let encoded = write.encode(&mut buffer).expect("there is room").to_vec();
    // The one byte that is not kept is the reserved parameter of set_3D_control, which is sent even if it did not come.
    if write.opcode() != Opcode::SET_3D_CONTROL {
        assert_eq!(encoded, data);
    }
    assert_eq!(WrittenCommand::parse(&encoded), Ok(write));
    let mut short = vec![0xa5; encoded.len() - 1];
    let error = write.encode(&mut short).expect_err("one byte is missing");
    assert_eq!((error.needed, error.available), (encoded.len(), short.len()));
    assert!(short.iter().all(|&byte| byte == 0xa5), "nothing was written");
}

fn leniently(data: &[u8]) {
    let strict = WrittenCommand::parse(data);
    match WrittenCommand::parse_leniently(data) {
        Ok((write, surplus)) => {
            assert!(data.ends_with(surplus));
            let used = &data[..data.len() - surplus.len()];
            assert_eq!(WrittenCommand::parse(used), Ok(write));
            match surplus {
                [] => assert_eq!(strict, Ok(write)),
                _ => assert!(matches!(write.opcode().form(), Some(Form::Exactly(_) | Form::Between(..)))),
            }
        }
        Err(_) => assert!(strict.is_err(), "lenient is not stricter than strict"),
    }
}

fn responses(data: &[u8]) {
    fn judged<C: ReadCommand>(response: &[u8])
    where
        C::Response: std::fmt::Debug,
    {
        match C::parse(response) {
            Ok(meaning) => {
                assert_eq!(response.len(), C::RESPONSE_LEN);
                let _ = format!("{meaning:?}");
            }
            Err(error) => {
                assert_ne!(response.len(), C::RESPONSE_LEN);
                assert_eq!(
                    (error.opcode, error.expected, error.got),
                    (C::OPCODE, C::RESPONSE_LEN, response.len())
                );
            }
        }
    }
    judged::<Get3dControl>(data);
    judged::<GetAddressMode>(data);
    judged::<GetCabcMinBrightness>(data);
    judged::<GetCompressionMode>(data);
    judged::<GetControlDisplay>(data);
    judged::<GetDiagnosticResult>(data);
    judged::<GetDisplayBrightness16Swapped>(data);
    judged::<GetDisplayBrightness16>(data);
    judged::<GetDisplayBrightness>(data);
    judged::<GetDisplayId>(data);
    judged::<GetDisplayMode>(data);
    judged::<GetDisplayStatus>(data);
    judged::<GetImageChecksumCt>(data);
    judged::<GetImageChecksumRgb>(data);
    judged::<GetPixelFormat>(data);
    judged::<GetPowerMode>(data);
    judged::<GetPowerSave>(data);
    judged::<GetRedChannel>(data);
    judged::<GetScanline>(data);
    judged::<GetSignalMode>(data);
    judged::<ReadDdbStart>(data);
    if let Ok(descriptor) = ReadDdbStart::parse(data) {
        assert_eq!(DeviceDescriptor::to_bytes(descriptor), data);
    }
    if let Ok(id) = GetDisplayId::parse(data) {
        assert_eq!(id.to_bytes(), data);
    }
}

/// Steps of a sequence, made of the bytes; the last of them are the response of the panel.
///
/// Each step is a kind, a length, and that many bytes.
pub fn sequences(data: &[u8]) {
    let mut steps = Vec::new();
    let mut rest = data;
    while let Some((&[kind, len], after)) = rest.split_first_chunk() {
        let (bytes, after) = after.split_at(usize::from(len).min(after.len()));
        rest = after;
        let number = bytes.iter().fold(0_u32, |number, &byte| number << 8 | u32::from(byte));
        steps.push(match kind % 6 {
            0 => Step::Dcs(bytes),
            1 => Step::Generic(bytes),
            2 => Step::SelectPage { page: len, select: bytes },
            3 => {
                let (expected, mask) = bytes.split_at(bytes.len() / 2);
                Step::Check { opcode: kind, expected, mask }
            }
            4 => Step::DelayMs(number),
            _ => Step::DelayUs(number),
        });
    }
    for step in &steps {
        assert!(!step.to_string().is_empty());
    }
    let _ = check_pauses(&steps).map_err(|error| error.to_string());
    let mut link = Panel { response: rest, writes: 0 };
    let played = play(&steps, &mut link);
    match (check(&steps), &played) {
        (Ok(()), _) => {}
        (Err(fault), Err(error)) => assert!(error.index <= fault.index),
        (Err(fault), Ok(())) => panic!("played to the end in spite of {fault:?}"),
    }
    if let Err(error) = played {
        assert!(!error.to_string().is_empty());
    }
    assert!(link.writes <= steps.len());
}

/// Takes everything, and responds with the same bytes each time, however many were asked for.
struct Panel<'a> {
    response: &'a [u8],
    writes: usize,
}

impl Panel<'_> {
    fn take(&mut self, payload: &[u8]) -> Result<(), Infallible> {
        assert!(payload.len() <= MAX_PAYLOAD_LEN);
        self.writes += 1;
        Ok(())
    }
}

impl SequenceLink for Panel<'_> {
    type Error = Infallible;

    fn write_dcs(&mut self, payload: &[u8]) -> Result<(), Infallible> {
        assert!(!payload.is_empty());
        self.take(payload)
    }

    fn write_generic(&mut self, payload: &[u8]) -> Result<(), Infallible> {
        self.take(payload)
    }

    fn read_dcs(&mut self, _opcode: u8, response: &mut [u8]) -> Result<usize, Infallible> {
        assert!(!response.is_empty());
        for (to, from) in response.iter_mut().zip(self.response) {
            *to = *from;
        }
        // A link that says it read more than there was room for must not hurt.
        Ok(self.response.len())
    }

    fn delay_us(&mut self, _microseconds: u32) {}
}
