//! What holds for all DCS writes and responses, on bytes made up by proptest.

use mipi_dsi::dcs::sequence::{check, check_pauses, play, SequenceLink, Step};
use mipi_dsi::dcs::{
    Form, GetAddressMode, GetControlDisplay, GetDiagnosticResult, GetDisplayBrightness16, GetDisplayId,
    GetDisplayMode, GetDisplayStatus, GetPixelFormat, GetPowerMode, GetScanline, GetSignalMode, Opcode,
    ParseCommand, ReadCommand, ReadDdbStart, SetColumnAddress, SetScrollArea, WriteCommand, WrittenCommand,
    MAX_FIXED_LEN,
};
use mipi_dsi::wire::{Packet, Request, SmallCrc, VirtualChannel};
use proptest::prelude::*;

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

/// Payloads of commands that DCS names, with as many parameters as they have.
fn well_formed() -> impl Strategy<Value = Vec<u8>> {
    let written: Vec<Opcode> =
        Opcode::KNOWN.iter().copied().filter(|opcode| opcode.form() != Some(Form::Read)).collect();
    prop::sample::select(written).prop_flat_map(|opcode| {
        let range = match opcode.form() {
            Some(Form::Exactly(len)) => len..=len,
            Some(Form::Between(least, most)) => least..=most,
            _ => 0..=30,
        };
        prop::collection::vec(any::<u8>(), range).prop_map(move |mut bytes| {
            bytes.insert(0, opcode.get());
            bytes
        })
    })
}

struct Responses<'a>(&'a [u8]);

impl SequenceLink for Responses<'_> {
    type Error = core::convert::Infallible;

    fn write_dcs(&mut self, payload: &[u8]) -> Result<(), Self::Error> {
        assert!(!payload.is_empty());
        Ok(())
    }

    fn write_generic(&mut self, _payload: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }

    fn read_dcs(&mut self, _opcode: u8, response: &mut [u8]) -> Result<usize, Self::Error> {
        for (to, from) in response.iter_mut().zip(self.0) {
            *to = *from;
        }
        // A link that says it read more than there was room for must not hurt.
        Ok(self.0.len())
    }

    fn delay_us(&mut self, _microseconds: u32) {}
}

fn response_is_judged_by_its_length<C: ReadCommand>(response: &[u8]) {
    assert_eq!(C::parse(response).is_ok(), response.len() == C::RESPONSE_LEN, "{}", C::OPCODE);
    if let Err(error) = C::parse(response) {
        assert_eq!((error.opcode, error.expected, error.got), (C::OPCODE, C::RESPONSE_LEN, response.len()));
    }
}

proptest! {
    #[test]
    fn a_write_survives_being_read_and_written(payload in prop_oneof![payload(), well_formed()]) {
        if let Ok(write) = WrittenCommand::parse(&payload) {
            let mut buffer = [0xa5; 48];
            let encoded = write.encode(&mut buffer).expect("there is room");
            // The one byte that is not kept is the reserved parameter of set_3D_control.
            if write.opcode() != Opcode::SET_3D_CONTROL {
                prop_assert_eq!(encoded, &payload[..]);
            }
            prop_assert_eq!(WrittenCommand::parse(encoded), Ok(write));
        }
    }

    #[test]
    fn commands_with_their_number_of_parameters_are_understood(payload in well_formed()) {
        match WrittenCommand::parse(&payload) {
            Ok(write) => {
                prop_assert_eq!(write.opcode().get(), payload[0]);
                let understood = !matches!(write, WrittenCommand::Unknown { .. });
                prop_assert!(understood);
                let lenient = WrittenCommand::parse_leniently(&payload);
                prop_assert_eq!(lenient, Ok((write, &[][..])));
            }
            // Only a window may be refused for what its parameters say.
            Err(_) => prop_assert!([0x2a, 0x2b].contains(&payload[0])),
        }
    }

    #[test]
    fn surplus_is_what_was_added(payload in well_formed(), surplus in prop::collection::vec(any::<u8>(), 1..5)) {
        let opcode = Opcode::new(payload[0]);
        prop_assume!(matches!(opcode.form(), Some(Form::Exactly(_))));
        let longer = [&payload[..], &surplus[..]].concat();
        prop_assert!(WrittenCommand::parse(&longer).is_err());
        match WrittenCommand::parse(&payload) {
            Ok(write) => prop_assert_eq!(WrittenCommand::parse_leniently(&longer), Ok((write, &surplus[..]))),
            Err(error) => prop_assert_eq!(WrittenCommand::parse_leniently(&longer), Err(error)),
        }
    }

    #[test]
    fn a_window_is_what_it_was_made_from(a: u16, b: u16) {
        let (start, end) = (a.min(b), a.max(b));
        let window = SetColumnAddress::new(start, end).expect("in order");
        prop_assert_eq!((window.start(), window.end()), (start, end));
        prop_assert_eq!(SetColumnAddress::parse(&window.parameters()), Ok(window));
        prop_assert_eq!(SetColumnAddress::new(end, start).is_ok(), start == end);
    }

    #[test]
    fn a_command_goes_over_the_link(top: u16, scrolling: u16, bottom: u16) {
        let command = SetScrollArea::new(top, scrolling, bottom);
        let mut buffer = [0xa5; MAX_FIXED_LEN];
        let payload = command.encode(&mut buffer).expect("it is the longest");
        let packet = Request::DcsWrite(payload).packet(VirtualChannel::VC0).expect("has an opcode");
        let mut bytes = [0xa5; 32];
        let len = packet.emit(&mut bytes, &SmallCrc).expect("there is room");
        let read = Packet::parse(&bytes[..len], &SmallCrc).expect("it was just written");
        let Ok(Request::DcsWrite(payload)) = Request::parse(&read) else { panic!("{read:?}") };
        prop_assert_eq!(WrittenCommand::parse(payload), Ok(WrittenCommand::ScrollArea(command)));
    }

    #[test]
    fn responses_are_judged_by_their_length(response in prop::collection::vec(any::<u8>(), 0..8)) {
        response_is_judged_by_its_length::<GetAddressMode>(&response);
        response_is_judged_by_its_length::<GetControlDisplay>(&response);
        response_is_judged_by_its_length::<GetDiagnosticResult>(&response);
        response_is_judged_by_its_length::<GetDisplayBrightness16>(&response);
        response_is_judged_by_its_length::<GetDisplayId>(&response);
        response_is_judged_by_its_length::<GetDisplayMode>(&response);
        response_is_judged_by_its_length::<GetDisplayStatus>(&response);
        response_is_judged_by_its_length::<GetPixelFormat>(&response);
        response_is_judged_by_its_length::<GetPowerMode>(&response);
        response_is_judged_by_its_length::<GetScanline>(&response);
        response_is_judged_by_its_length::<GetSignalMode>(&response);
        response_is_judged_by_its_length::<ReadDdbStart>(&response);
    }

    #[test]
    fn any_sequence_is_played_or_refused(
        parts in prop::collection::vec((0u8..6, payload(), payload(), any::<u32>()), 0..8),
        response in payload(),
    ) {
        let steps: Vec<Step<'_>> = parts
            .iter()
            .map(|(kind, first, second, number)| match kind {
                0 => Step::Dcs(first),
                1 => Step::Generic(first),
                2 => Step::SelectPage { page: *number as u8, select: first },
                3 => Step::Check { opcode: *number as u8, expected: first, mask: second },
                4 => Step::DelayMs(*number),
                _ => Step::DelayUs(*number),
            })
            .collect();
        let _ = check_pauses(&steps);
        let played = play(&steps, &mut Responses(&response));
        match check(&steps) {
            Ok(()) => {}
            Err(fault) => {
                let error = played.as_ref().expect_err("a step can not be sent");
                prop_assert!(error.index <= fault.index);
            }
        }
        if let Err(error) = played {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

/// Every error can be handed on as one.
#[test]
fn errors_are_errors() {
    fn is_error<E: core::error::Error + Copy + PartialEq + Send + Sync + 'static>() {}
    is_error::<mipi_dsi::dcs::ResponseError>();
    is_error::<mipi_dsi::dcs::ParameterError>();
    is_error::<mipi_dsi::dcs::sequence::FaultAt>();
    is_error::<mipi_dsi::dcs::sequence::PauseTooShort>();
    is_error::<mipi_dsi::dcs::sequence::SequenceError<'static, std::fmt::Error>>();
}
