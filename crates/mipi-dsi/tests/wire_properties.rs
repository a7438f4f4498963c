//! What holds for all packets and all bytes, on packets and bytes made up by proptest.

use mipi_dsi::wire::{
    frame_in_place, BitwiseCrc, Checksum, DataType, Decoder, HeaderCheck, Packet, PacketType, Piece, Repr,
    Request, Response, ResponseType, SlicedCrc, SmallCrc, VirtualChannel,
};
use proptest::prelude::*;

fn channel() -> impl Strategy<Value = VirtualChannel> {
    (0u8..4).prop_map(|number| VirtualChannel::new(number).expect("0 to 3"))
}

fn code() -> impl Strategy<Value = u8> {
    0u8..0x40
}

/// A packet's parts: channel, six-bit code, payload that fits it.
fn parts() -> impl Strategy<Value = (VirtualChannel, u8, Vec<u8>)> {
    (channel(), code()).prop_flat_map(|(channel, code)| {
        let most = if DataType::from_data_identifier(code).is_long() { 300 } else { 2 };
        (Just(channel), Just(code), prop::collection::vec(any::<u8>(), 0..=most))
    })
}

fn encode<T: PacketType>(repr: &Repr<'_, T>) -> Vec<u8> {
    let mut bytes = vec![0xa5; repr.encoded_len() + 3];
    let len = repr.emit(&mut bytes, &SlicedCrc).expect("there is room");
    assert_eq!(len, repr.encoded_len());
    assert_eq!(bytes[len..], [0xa5; 3]);
    bytes.truncate(len);
    bytes
}

/// What every decoding keeps to: no byte is lost or shown twice, and only the last piece is incomplete.
fn check_decoding<T: PacketType>(bytes: &[u8]) {
    let mut decoder = Decoder::<T, _>::with_checksum(bytes, SlicedCrc);
    let mut at = 0;
    while let Some(piece) = decoder.next() {
        let len = piece.bytes().len();
        assert!(len > 0);
        assert_eq!(piece.bytes(), &bytes[at..at + len]);
        at += len;
        assert_eq!(decoder.consumed(), at);
        match piece {
            Piece::Incomplete { bytes: tail, needed } => {
                assert!(needed > tail.len());
                assert_eq!(at, bytes.len());
            }
            Piece::Packet(packet) => {
                assert!(packet.header.is_usable());
                assert_eq!(packet.repr.encoded_len(), len);
            }
            Piece::Skipped(_) => {}
        }
        let _ = format!("{piece}");
    }
    assert_eq!(at, bytes.len());
}

proptest! {
    #[test]
    fn what_is_sent_is_what_is_read((channel, code, payload) in parts()) {
        let repr = Repr::new(channel, DataType::from_data_identifier(code), &payload).expect("fits");
        let bytes = encode(&repr);
        prop_assert_eq!(Repr::parse(&bytes, &BitwiseCrc), Ok(repr));
        let view = Packet::new(&bytes[..]);
        prop_assert_eq!(view.header(), Some(repr.header()));
        prop_assert_eq!(view.check_header(), Some((repr.header(), HeaderCheck::Clean)));
        if repr.is_long() {
            prop_assert_eq!(view.payload(), Some(&payload[..]));
            prop_assert_eq!(view.checksum(), Some(SmallCrc.checksum(&payload)));
        }
    }

    #[test]
    fn a_payload_in_place_gives_the_same_bytes(
        (channel, code, payload) in parts().prop_filter("a long packet", |(_, code, _)| {
            DataType::from_data_identifier(*code).is_long()
        })
    ) {
        let data_type = DataType::from_data_identifier(code);
        let copied = encode(&Repr::new(channel, data_type, &payload).expect("fits"));
        let mut in_place = vec![0xa5; copied.len()];
        in_place[4..4 + payload.len()].copy_from_slice(&payload);
        let len = frame_in_place(channel, data_type, payload.len(), &mut in_place, &SmallCrc);
        prop_assert_eq!(len, Ok(copied.len()));
        prop_assert_eq!(in_place, copied);
    }

    #[test]
    fn a_request_survives_its_packet((channel, code, payload) in parts()) {
        let repr = Repr::new(channel, DataType::from_data_identifier(code), &payload).expect("fits");
        if let Ok(request) = Request::parse(&repr) {
            let packet = request.packet(channel).expect("it came out of one");
            prop_assert_eq!(Request::parse(&packet), Ok(request));
        }
    }

    #[test]
    fn a_response_survives_its_packet((channel, code, payload) in parts()) {
        let repr = Repr::new(channel, ResponseType::from_data_identifier(code), &payload).expect("fits");
        let response = Response::parse(&repr);
        let packet = response.packet(channel).expect("it came out of one");
        prop_assert_eq!(Response::parse(&packet), response);
    }

    #[test]
    fn a_stream_of_packets_comes_apart_into_them(all in prop::collection::vec(parts(), 0..20)) {
        let reprs: Vec<_> = all
            .iter()
            .map(|(channel, code, payload)| {
                Repr::new(*channel, DataType::from_data_identifier(*code), payload).expect("fits")
            })
            .collect();
        let bytes: Vec<u8> = reprs.iter().flat_map(encode).collect();
        let read: Vec<_> = Decoder::new(&bytes)
            .map(|piece| match piece {
                Piece::Packet(packet) if packet.is_clean() => packet.repr,
                other => panic!("{other}"),
            })
            .collect();
        prop_assert_eq!(read, reprs);
    }

    #[test]
    fn one_wrong_header_bit_changes_nothing((channel, code, payload) in parts(), bit in 0u8..32) {
        let repr = Repr::new(channel, DataType::from_data_identifier(code), &payload).expect("fits");
        let mut bytes = encode(&repr);
        bytes[usize::from(bit / 8)] ^= 1 << (bit % 8);
        let pieces: Vec<_> = Decoder::new(&bytes).collect();
        prop_assert_eq!(pieces.len(), 1);
        let Piece::Packet(packet) = pieces[0] else { panic!("{}", pieces[0]) };
        prop_assert_eq!(packet.repr, repr);
        prop_assert_eq!(packet.header, HeaderCheck::Corrected { bit });
    }

    #[test]
    fn damage_between_packets_never_costs_a_byte(
        all in prop::collection::vec(parts(), 1..8),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut bytes = Vec::new();
        for (channel, code, payload) in &all {
            let data_type = DataType::from_data_identifier(*code);
            bytes.extend(encode(&Repr::new(*channel, data_type, payload).expect("fits")));
        }
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        check_decoding::<DataType>(&bytes);
    }

    #[test]
    fn any_bytes_are_decoded_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        check_decoding::<DataType>(&bytes);
        check_decoding::<ResponseType>(&bytes);
        let view = Packet::new(&bytes[..]);
        let _ = (view.channel(), view.data_type::<DataType>(), view.payload(), view.checksum());
        let _ = format!("{view:?}");
        if let Ok(repr) = Repr::<DataType>::parse(&bytes, &SmallCrc) {
            let _ = Request::parse(&repr).map(|request| format!("{request:?}"));
        }
        if let Ok(repr) = Repr::<ResponseType>::parse(&bytes, &SmallCrc) {
            let _ = format!("{:?}", Response::parse(&repr));
        }
    }

    #[test]
    fn every_checksum_is_the_same(bytes in prop::collection::vec(any::<u8>(), 0..200), state: u16) {
        let expected = BitwiseCrc.update(state, &bytes);
        prop_assert_eq!(SmallCrc.update(state, &bytes), expected);
        prop_assert_eq!(SlicedCrc.update(state, &bytes), expected);
    }
}

/// The longest packet there is, which the made-up ones never reach.
#[test]
fn the_longest_packet_is_sent_and_read() {
    let payload: Vec<u8> = (0..65535u32).map(|i| (i * 7) as u8).collect();
    let repr = Repr::new(VirtualChannel::VC3, DataType::PACKED_PIXEL_STREAM_24, &payload).expect("fits");
    let bytes = encode(&repr);
    assert_eq!(bytes.len(), 65541);
    assert_eq!(Repr::parse(&bytes, &SmallCrc), Ok(repr));
}

/// Every error can be handed on as one.
#[test]
fn errors_are_errors() {
    fn is_error<E: core::error::Error + Copy + PartialEq + Send + Sync + 'static>() {}
    is_error::<mipi_dsi::wire::BufferTooSmall>();
    is_error::<mipi_dsi::wire::BuildError>();
    is_error::<mipi_dsi::wire::FrameError>();
    is_error::<mipi_dsi::wire::InvalidChannel>();
    is_error::<mipi_dsi::wire::InvalidDataType>();
    is_error::<mipi_dsi::wire::InvalidSelector>();
    is_error::<mipi_dsi::wire::ParseError>();
    is_error::<mipi_dsi::wire::PayloadTooLong>();
    is_error::<mipi_dsi::wire::PpsFault>();
    is_error::<mipi_dsi::wire::ReportedError>();
    is_error::<mipi_dsi::wire::RequestError>();
}
