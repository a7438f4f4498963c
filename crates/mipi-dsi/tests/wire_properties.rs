//! What holds for all packets and all bytes, on packets and bytes made up by proptest.

use mipi_dsi::wire::{
    frame_in_place, BitwiseCrc, Checksum, DataType, Decoder, EncodedPacket, HeaderCheck, Packet, PacketType,
    Payload, Piece, RawPacket, Request, Response, ResponseType, SlicedCrc, SmallCrc, VirtualChannel,
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

fn encode<T: PacketType>(packet: &Packet<'_, T>) -> Vec<u8> {
    let mut bytes = vec![0xa5; packet.encoded_len() + 3];
    let len = packet.emit(&mut bytes, &SlicedCrc).expect("there is room");
    assert_eq!(len, packet.encoded_len());
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
            Piece::Packet(decoded) => {
                assert!(decoded.header.is_usable());
                assert_eq!(decoded.packet.encoded_len(), len);
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
        let packet = Packet::new(channel, DataType::from_data_identifier(code), &payload).expect("fits");
        let bytes = encode(&packet);
        prop_assert_eq!(Packet::parse(&bytes, &BitwiseCrc), Ok(packet));
        let view = RawPacket::new(&bytes[..]);
        prop_assert_eq!(view.header(), Some(packet.header()));
        prop_assert_eq!(view.check_header(), Some((packet.header(), HeaderCheck::Clean)));
        if packet.is_long() {
            prop_assert_eq!(view.payload(), Some(&payload[..]));
            prop_assert_eq!(view.checksum(), Some(SmallCrc.checksum(&payload)));
        }
    }

    #[test]
    fn a_payload_split_anywhere_gives_the_same_bytes((channel, code, payload) in parts()) {
        let data_type = DataType::from_data_identifier(code);
        let whole = encode(&Packet::new(channel, data_type, &payload).expect("fits"));
        for split in 0..=payload.len() {
            let (head, body) = payload.split_at(split);
            let packet = EncodedPacket::new(channel, data_type, Payload::new(head, body), &SmallCrc).expect("fits");
            prop_assert!(packet.bytes().eq(whole.iter().copied()));
            let mut emitted = vec![0xa5; whole.len() + 1];
            prop_assert_eq!(packet.emit(&mut emitted), Ok(whole.len()));
            prop_assert_eq!(packet.encoded_len(), whole.len());
            prop_assert_eq!(&emitted[..whole.len()], &whole[..]);
            prop_assert_eq!(emitted[whole.len()], 0xa5);
        }
    }

    #[test]
    fn a_payload_in_place_gives_the_same_bytes(
        (channel, code, payload) in parts().prop_filter("a long packet", |(_, code, _)| {
            DataType::from_data_identifier(*code).is_long()
        })
    ) {
        let data_type = DataType::from_data_identifier(code);
        let copied = encode(&Packet::new(channel, data_type, &payload).expect("fits"));
        let mut in_place = vec![0xa5; copied.len()];
        in_place[4..4 + payload.len()].copy_from_slice(&payload);
        let len = frame_in_place(channel, data_type, payload.len(), &mut in_place, &SmallCrc);
        prop_assert_eq!(len, Ok(copied.len()));
        prop_assert_eq!(in_place, copied);
    }

    #[test]
    fn a_request_survives_its_packet((channel, code, payload) in parts()) {
        let packet = Packet::new(channel, DataType::from_data_identifier(code), &payload).expect("fits");
        if let Ok(request) = Request::parse(&packet) {
            let packet = request.packet(channel).expect("it came out of one");
            prop_assert_eq!(Request::parse(&packet), Ok(request));
        }
    }

    #[test]
    fn a_response_survives_its_packet((channel, code, payload) in parts()) {
        let packet = Packet::new(channel, ResponseType::from_data_identifier(code), &payload).expect("fits");
        let response = Response::parse(&packet);
        let packet = response.packet(channel).expect("it came out of one");
        prop_assert_eq!(Response::parse(&packet), response);
    }

    #[test]
    fn a_stream_of_packets_comes_apart_into_them(all in prop::collection::vec(parts(), 0..20)) {
        let packets: Vec<_> = all
            .iter()
            .map(|(channel, code, payload)| {
                Packet::new(*channel, DataType::from_data_identifier(*code), payload).expect("fits")
            })
            .collect();
        let bytes: Vec<u8> = packets.iter().flat_map(encode).collect();
        let read: Vec<_> = Decoder::new(&bytes)
            .map(|piece| match piece {
                Piece::Packet(decoded) if decoded.is_clean() => decoded.packet,
                other => panic!("{other}"),
            })
            .collect();
        prop_assert_eq!(read, packets);
    }

    #[test]
    fn one_wrong_header_bit_changes_nothing((channel, code, payload) in parts(), bit in 0u8..32) {
        let packet = Packet::new(channel, DataType::from_data_identifier(code), &payload).expect("fits");
        let mut bytes = encode(&packet);
        bytes[usize::from(bit / 8)] ^= 1 << (bit % 8);
        let pieces: Vec<_> = Decoder::new(&bytes).collect();
        prop_assert_eq!(pieces.len(), 1);
        let Piece::Packet(decoded) = pieces[0] else { panic!("{}", pieces[0]) };
        prop_assert_eq!(decoded.packet, packet);
        prop_assert_eq!(decoded.header, HeaderCheck::Corrected { bit });
    }

    #[test]
    fn damage_between_packets_never_costs_a_byte(
        all in prop::collection::vec(parts(), 1..8),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut bytes = Vec::new();
        for (channel, code, payload) in &all {
            let data_type = DataType::from_data_identifier(*code);
            bytes.extend(encode(&Packet::new(*channel, data_type, payload).expect("fits")));
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
        let view = RawPacket::new(&bytes[..]);
        let _ = (view.channel(), view.data_type::<DataType>(), view.payload(), view.checksum());
        let _ = format!("{view:?}");
        if let Ok(packet) = Packet::<DataType>::parse(&bytes, &SmallCrc) {
            let _ = Request::parse(&packet).map(|request| format!("{request:?}"));
        }
        if let Ok(packet) = Packet::<ResponseType>::parse(&bytes, &SmallCrc) {
            let _ = format!("{:?}", Response::parse(&packet));
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
    let packet = Packet::new(VirtualChannel::VC3, DataType::PACKED_PIXEL_STREAM_24, &payload).expect("fits");
    let bytes = encode(&packet);
    assert_eq!(bytes.len(), 65541);
    assert_eq!(Packet::parse(&bytes, &SmallCrc), Ok(packet));
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
