//! How a host reads the bytes that come back: DSI 1.3, sections 8.9 and 9.
//!
//! The host corrects a header if its code allows it, and trusts a payload only if the checksum matches. A packet that
//! is not a response to the request is an error that says what came.

use mipi_dsi::bus::HostError;
use mipi_dsi::wire::{
    ChecksumCheck, DataType, Decoder, ErrorReport, HeaderCheck, Piece, Response, ResponseType, SlicedCrc,
    VirtualChannel,
};

/// The code that stands for an acknowledge trigger where data was expected: its entry command with the bits in the
/// order of transmission, lowest first (DSI 1.3, section 8.9.1). No data type has this value.
pub const ACKNOWLEDGE_TRIGGER: u8 = 0x84;

/// The response that a request expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// An acknowledge or a report.
    Nothing,
    /// Bytes in a DCS read response.
    Dcs,
    /// Bytes in a generic read response.
    Generic,
}

impl Expected {
    /// The response that a packet with this data type expects.
    pub(super) fn after(data_type: DataType) -> Self {
        match data_type {
            DataType::DCS_READ => Self::Dcs,
            DataType::GENERIC_READ_0 | DataType::GENERIC_READ_1 | DataType::GENERIC_READ_2 => Self::Generic,
            _ => Self::Nothing,
        }
    }
}

/// What the host has read from a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Received {
    /// Bytes of data.
    pub(super) len: usize,
    /// The errors that the peripheral reported with the data.
    pub(super) report: ErrorReport,
    /// The number of corrected headers.
    pub(super) corrected: usize,
}

/// Splits a response into packets, and copies the data that was asked for to `room`.
pub(super) fn decode(
    bytes: &[u8],
    channel: VirtualChannel,
    expected: Expected,
    room: &mut [u8],
) -> Result<Received, HostError> {
    let mut received = Received::default();
    let mut data = false;
    let mut last = None;
    for piece in Decoder::<ResponseType, SlicedCrc>::with_checksum(bytes, SlicedCrc) {
        let decoded = match piece {
            Piece::Packet(decoded) => decoded,
            Piece::Skipped(_) => return Err(HostError::ResponseEcc),
            // The rest never comes, so the host waits until its time limit.
            Piece::Incomplete { .. } => return Err(HostError::Timeout),
        };
        if matches!(decoded.checksum, ChecksumCheck::Bad { .. }) {
            return Err(HostError::ResponseChecksum);
        }
        received.corrected += usize::from(decoded.header != HeaderCheck::Clean);
        let unexpected = HostError::UnexpectedResponse(decoded.packet.data_type().get());
        if decoded.packet.channel() != channel && !decoded.is_end_of_transmission() {
            return Err(unexpected);
        }
        last = Some(decoded.packet.data_type().get());
        match (Response::parse(&decoded.packet), expected) {
            (Response::ErrorReport(report), _) => received.report = report,
            (Response::EndOfTransmission, _) => {}
            (Response::DcsRead(response), Expected::Dcs)
            | (Response::GenericRead(response), Expected::Generic)
                if !data =>
            {
                data = true;
                received.len = response.len();
                let too_long = HostError::ResponseTooLong { expected: room.len(), got: response.len() };
                room.get_mut(..response.len()).ok_or(too_long)?.copy_from_slice(response);
            }
            _ => return Err(unexpected),
        }
    }
    match (expected, data) {
        (Expected::Nothing, _) | (_, true) if received.report.is_recoverable() => Ok(received),
        _ if !received.report.is_empty() => Err(HostError::Reported(received.report)),
        _ => Err(last.map_or(HostError::Timeout, HostError::UnexpectedResponse)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mipi_dsi::wire::PeripheralError;

    const VC0: VirtualChannel = VirtualChannel::VC0;

    fn packet(response: Response<'_>, channel: VirtualChannel) -> Vec<u8> {
        let packet = response.packet(channel).expect("fits");
        let mut bytes = vec![0xa5; packet.encoded_len()];
        packet.emit(&mut bytes, &SlicedCrc).expect("room");
        bytes
    }

    fn read(bytes: &[u8], room: usize) -> Result<(Vec<u8>, Received), HostError> {
        let mut response = vec![0xa5; room];
        decode(bytes, VC0, Expected::Dcs, &mut response).map(|received| (response, received))
    }

    #[test]
    fn data_is_copied_and_the_room_behind_it_left() {
        for sent in [&[0x9c][..], &[1, 2], &[1, 2, 3]] {
            let (response, received) = read(&packet(Response::DcsRead(sent), VC0), 4).expect("a response");
            assert_eq!(received, Received { len: sent.len(), ..Received::default() });
            assert_eq!(response[..sent.len()], *sent);
            assert!(response[sent.len()..].iter().all(|byte| *byte == 0xa5));
        }
        let too_long = HostError::ResponseTooLong { expected: 2, got: 3 };
        assert_eq!(read(&packet(Response::DcsRead(&[1, 2, 3]), VC0), 2), Err(too_long));
    }

    #[test]
    fn one_wrong_header_bit_is_put_right_and_two_are_not() {
        let clean = packet(Response::DcsRead(&[0x9c]), VC0);
        for bit in 0..32 {
            let mut wrong = clean.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let (response, received) = read(&wrong, 1).expect("put right");
            assert_eq!((response, received.corrected), (vec![0x9c], 1));
            wrong[(bit / 8 + 1) % 4] ^= 1;
            assert_eq!(read(&wrong, 1), Err(HostError::ResponseEcc));
        }
    }

    #[test]
    fn a_wrong_payload_bit_is_told() {
        let clean = packet(Response::DcsRead(&[1, 2, 3]), VC0);
        for bit in 32..56 {
            let mut wrong = clean.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&wrong, 3), Err(HostError::ResponseChecksum));
        }
    }

    #[test]
    fn what_is_no_response_is_named() {
        let unexpected = |code| Err(HostError::UnexpectedResponse(code));
        assert_eq!(read(&packet(Response::GenericRead(&[1]), VC0), 1), unexpected(0x11));
        assert_eq!(read(&packet(Response::DcsRead(&[1]), VirtualChannel::VC1), 1), unexpected(0x21));
        let twice = [packet(Response::DcsRead(&[1]), VC0), packet(Response::DcsRead(&[2, 3]), VC0)].concat();
        assert_eq!(read(&twice, 2), unexpected(0x22));
        assert_eq!(read(&packet(Response::EndOfTransmission, VC0), 1), unexpected(0x08));
        assert_eq!(read(&[0x1c, 3], 3), Err(HostError::Timeout));
        assert_eq!(read(&packet(Response::DcsRead(&[1, 2, 3]), VC0)[..8], 3), Err(HostError::Timeout));
        assert_eq!(read(&[], 3), Err(HostError::Timeout));
        let cut = [&packet(Response::DcsRead(&[1]), VC0)[..], &[0x02]].concat();
        assert_eq!(read(&cut, 1), Err(HostError::Timeout), "the rest is waited for");
    }

    #[test]
    fn a_report_is_an_error_unless_all_was_put_right() {
        let harmless = ErrorReport::NONE.with(PeripheralError::EccSingleBit);
        let serious = harmless.with(PeripheralError::Checksum);
        let both = |report| {
            [packet(Response::DcsRead(&[7]), VC0), packet(Response::ErrorReport(report), VC0)].concat()
        };
        assert_eq!(read(&both(harmless), 1).map(|(_, received)| received.report), Ok(harmless));
        assert_eq!(read(&both(serious), 1), Err(HostError::Reported(serious)));
        let only = packet(Response::ErrorReport(harmless), VC0);
        assert_eq!(read(&only, 1), Err(HostError::Reported(harmless)));
        let received = decode(&only, VC0, Expected::Nothing, &mut []).expect("a write that was put right");
        assert_eq!(received.report, harmless);
        let only = packet(Response::ErrorReport(serious), VC0);
        assert_eq!(decode(&only, VC0, Expected::Nothing, &mut []), Err(HostError::Reported(serious)));
    }
}
