//! What a packet from a peripheral says.
//!
//! DSI 1.3, section 8.9. A [`Response`] does not say whether its packet is short or long. How many bytes a
//! response should have depends on the command, so it is checked in `dcs` and in `bus`.

use super::data_type::ResponseType;
use super::error_report::ErrorReport;
use super::packet::{Body, Packet};
use super::packet_error::PayloadTooLong;
use super::virtual_channel::VirtualChannel;

/// What a peripheral sends back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response<'a> {
    /// The errors since the last report. It may also follow the response to a read.
    ErrorReport(ErrorReport),
    /// The peripheral's high-speed transmission ends.
    EndOfTransmission,
    /// The bytes of a generic read.
    GenericRead(&'a [u8]),
    /// The bytes of a DCS read.
    DcsRead(&'a [u8]),
    /// A response whose type the specification does not assign.
    Other {
        /// Its response type.
        response_type: ResponseType,
        /// What the packet carries: for a short packet, two bytes.
        payload: &'a [u8],
    },
}

impl<'a> Response<'a> {
    /// Reads the response from a packet. Every packet is some response.
    #[must_use]
    pub fn parse(packet: &'a Packet<'a, ResponseType>) -> Self {
        let payload = packet.bytes();
        match (packet.data_type(), packet.body()) {
            (ResponseType::ACKNOWLEDGE_AND_ERROR_REPORT, Body::Short(data)) => {
                Self::ErrorReport(ErrorReport::from_bits(u16::from_le_bytes(data)))
            }
            (ResponseType::END_OF_TRANSMISSION, Body::Short([0x0f, 0x0f])) => Self::EndOfTransmission,
            (ResponseType::GENERIC_SHORT_READ_1, _) => Self::GenericRead(payload.get(..1).unwrap_or(payload)),
            (ResponseType::DCS_SHORT_READ_1, _) => Self::DcsRead(payload.get(..1).unwrap_or(payload)),
            (ResponseType::GENERIC_SHORT_READ_2 | ResponseType::GENERIC_LONG_READ, _) => {
                Self::GenericRead(payload)
            }
            (ResponseType::DCS_SHORT_READ_2 | ResponseType::DCS_LONG_READ, _) => Self::DcsRead(payload),
            (response_type, _) => Self::Other { response_type, payload },
        }
    }

    /// Makes the packet that carries this response on a channel. Reads of one and two bytes are short
    /// packets.
    ///
    /// # Errors
    ///
    /// [`PayloadTooLong`] if no packet can carry the response.
    pub fn packet(&self, channel: VirtualChannel) -> Result<Packet<'a, ResponseType>, PayloadTooLong> {
        let (response_type, payload) = match *self {
            Self::ErrorReport(report) => {
                let data = report.bits().to_le_bytes();
                return Ok(Packet::with_data(channel, ResponseType::ACKNOWLEDGE_AND_ERROR_REPORT, data));
            }
            Self::EndOfTransmission => {
                return Ok(Packet::with_data(channel, ResponseType::END_OF_TRANSMISSION, [0x0f, 0x0f]))
            }
            Self::GenericRead(bytes @ [_]) => (ResponseType::GENERIC_SHORT_READ_1, bytes),
            Self::GenericRead(bytes @ [_, _]) => (ResponseType::GENERIC_SHORT_READ_2, bytes),
            Self::GenericRead(bytes) => (ResponseType::GENERIC_LONG_READ, bytes),
            Self::DcsRead(bytes @ [_]) => (ResponseType::DCS_SHORT_READ_1, bytes),
            Self::DcsRead(bytes @ [_, _]) => (ResponseType::DCS_SHORT_READ_2, bytes),
            Self::DcsRead(bytes) => (ResponseType::DCS_LONG_READ, bytes),
            Self::Other { response_type, payload } => (response_type, payload),
        };
        Packet::new(channel, response_type, payload)
    }

    /// The bytes of a read, or `None` for any other response.
    #[must_use]
    pub const fn data(&self) -> Option<&'a [u8]> {
        match self {
            Self::GenericRead(bytes) | Self::DcsRead(bytes) => Some(bytes),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PeripheralError, SmallCrc};
    use super::*;

    const VC0: VirtualChannel = VirtualChannel::VC0;

    #[test]
    fn responses_are_short_where_they_can_be() {
        let sent = [0x9c, 2, 3];
        let types = |response: fn(&'static [u8]) -> Response<'static>, bytes: &'static [u8]| {
            response(bytes).packet(VC0).expect("fits").data_type().get()
        };
        const SENT: [u8; 3] = [0x9c, 2, 3];
        assert_eq!([0, 1, 2, 3].map(|n| types(Response::DcsRead, &SENT[..n])), [0x1c, 0x21, 0x22, 0x1c]);
        assert_eq!([0, 1, 2, 3].map(|n| types(Response::GenericRead, &SENT[..n])), [0x1a, 0x11, 0x12, 0x1a]);
        for len in 0..=3 {
            for response in [Response::DcsRead(&sent[..len]), Response::GenericRead(&sent[..len])] {
                let packet = response.packet(VC0).expect("fits");
                assert_eq!(Response::parse(&packet), response);
                assert_eq!(Response::parse(&packet).data(), Some(&sent[..len]));
            }
        }
    }

    #[test]
    fn an_error_report_is_read_lowest_byte_first() {
        // Bits 8 and 1 are set; the code of the header is computed from the definition.
        let bytes = [0x02, 0x02, 0x01, 0x00];
        let [a, b, c, _] = bytes;
        let bytes = [a, b, c, super::super::ecc([a, b, c])];
        let packet = Packet::parse(&bytes, &SmallCrc).expect("a packet");
        let Response::ErrorReport(report) = Response::parse(&packet) else { panic!("{packet:?}") };
        assert!(report.contains(PeripheralError::EccSingleBit));
        assert!(report.contains(PeripheralError::StartOfTransmissionSync));
        assert_eq!(report.bits(), 0x0102);
        assert_eq!(Response::parse(&packet).packet(VC0), Ok(packet));
    }

    #[test]
    fn unassigned_response_types_survive() {
        for (code, payload) in [(0x08, &[0u8, 1][..]), (0x3a, &[1, 2, 3]), (0x05, &[7, 8])] {
            let response_type = ResponseType::new(code).expect("six bits");
            let packet = Packet::new(VC0, response_type, payload).expect("fits");
            let response = Response::parse(&packet);
            assert_eq!(response, Response::Other { response_type, payload });
            assert_eq!(response.packet(VC0), Ok(packet));
        }
    }
}
