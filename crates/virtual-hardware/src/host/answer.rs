//! What a host makes of the bytes that come back: DSI 1.3, sections 8.9 and 9.
//!
//! A header is corrected where its code allows it, a payload is believed only with its checksum, and whatever does not
//! answer the request is an error that says what came.

use mipi_dsi::bus::HostError;
use mipi_dsi::wire::{
    ChecksumCheck, DataType, Decoder, ErrorReport, HeaderCheck, Piece, Response, ResponseType, SlicedCrc,
    VirtualChannel,
};

/// What an acknowledge trigger is reported as where data was expected: its entry command as it is sent, lowest bit
/// first (DSI 1.3, section 8.9.1). No data type has this value.
pub const ACKNOWLEDGE_TRIGGER: u8 = 0x84;

/// What a request expects.
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
    /// What a packet with this data type expects.
    pub(super) fn after(data_type: DataType) -> Self {
        match data_type {
            DataType::DCS_READ => Self::Dcs,
            DataType::GENERIC_READ_0 | DataType::GENERIC_READ_1 | DataType::GENERIC_READ_2 => Self::Generic,
            _ => Self::Nothing,
        }
    }
}

/// What came of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Received {
    /// Bytes of data.
    pub(super) len: usize,
    /// What was reported beside them.
    pub(super) report: ErrorReport,
    /// Headers that were put right.
    pub(super) corrected: usize,
}

/// Takes the packets of an answer apart and copies what was asked for to `room`.
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
        let packet = match piece {
            Piece::Packet(packet) => packet,
            Piece::Skipped(_) => return Err(HostError::AnswerEcc),
            // The rest never comes: the host listens in vain.
            Piece::Incomplete { .. } => return Err(HostError::Timeout),
        };
        if matches!(packet.checksum, ChecksumCheck::Bad { .. }) {
            return Err(HostError::AnswerChecksum);
        }
        received.corrected += usize::from(packet.header != HeaderCheck::Clean);
        let unexpected = HostError::UnexpectedAnswer(packet.repr.data_type().get());
        if packet.repr.channel() != channel && !packet.is_end_of_transmission() {
            return Err(unexpected);
        }
        last = Some(packet.repr.data_type().get());
        match (Response::parse(&packet.repr), expected) {
            (Response::ErrorReport(report), _) => received.report = report,
            (Response::EndOfTransmission, _) => {}
            (Response::DcsRead(answer), Expected::Dcs)
            | (Response::GenericRead(answer), Expected::Generic)
                if !data =>
            {
                data = true;
                received.len = answer.len();
                let too_long = HostError::AnswerTooLong { expected: room.len(), got: answer.len() };
                room.get_mut(..answer.len()).ok_or(too_long)?.copy_from_slice(answer);
            }
            _ => return Err(unexpected),
        }
    }
    match (expected, data) {
        (Expected::Nothing, _) | (_, true) if received.report.is_recoverable() => Ok(received),
        _ if !received.report.is_empty() => Err(HostError::Reported(received.report)),
        _ => Err(last.map_or(HostError::Timeout, HostError::UnexpectedAnswer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mipi_dsi::wire::PeripheralError;

    const VC0: VirtualChannel = VirtualChannel::VC0;

    fn packet(response: Response<'_>, channel: VirtualChannel) -> Vec<u8> {
        let repr = response.packet(channel).expect("fits");
        let mut bytes = vec![0xa5; repr.encoded_len()];
        repr.emit(&mut bytes, &SlicedCrc).expect("room");
        bytes
    }

    fn read(bytes: &[u8], room: usize) -> Result<(Vec<u8>, Received), HostError> {
        let mut answer = vec![0xa5; room];
        decode(bytes, VC0, Expected::Dcs, &mut answer).map(|received| (answer, received))
    }

    #[test]
    fn data_is_copied_and_the_room_behind_it_left() {
        for sent in [&[0x9c][..], &[1, 2], &[1, 2, 3]] {
            let (answer, received) = read(&packet(Response::DcsRead(sent), VC0), 4).expect("an answer");
            assert_eq!(received, Received { len: sent.len(), ..Received::default() });
            assert_eq!(answer[..sent.len()], *sent);
            assert!(answer[sent.len()..].iter().all(|byte| *byte == 0xa5));
        }
        let too_long = HostError::AnswerTooLong { expected: 2, got: 3 };
        assert_eq!(read(&packet(Response::DcsRead(&[1, 2, 3]), VC0), 2), Err(too_long));
    }

    #[test]
    fn one_wrong_header_bit_is_put_right_and_two_are_not() {
        let clean = packet(Response::DcsRead(&[0x9c]), VC0);
        for bit in 0..32 {
            let mut wrong = clean.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let (answer, received) = read(&wrong, 1).expect("put right");
            assert_eq!((answer, received.corrected), (vec![0x9c], 1));
            wrong[(bit / 8 + 1) % 4] ^= 1;
            assert_eq!(read(&wrong, 1), Err(HostError::AnswerEcc));
        }
    }

    #[test]
    fn a_wrong_payload_bit_is_told() {
        let clean = packet(Response::DcsRead(&[1, 2, 3]), VC0);
        for bit in 32..56 {
            let mut wrong = clean.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&wrong, 3), Err(HostError::AnswerChecksum));
        }
    }

    #[test]
    fn what_does_not_answer_is_named() {
        let unexpected = |code| Err(HostError::UnexpectedAnswer(code));
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
