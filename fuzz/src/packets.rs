//! Streams of packets: decoded to their last byte, and what was clean is sent as the same bytes again.

use mipi_dsi::wire::{
    BitwiseCrc, Body, Checksum, ChecksumCheck, DataType, Decoded, Decoder, EncodedPacket, HeaderCheck,
    OmittedChecksum, RawPacket, PacketType, ParseError, Payload, Piece, Packet, Request, Response, ResponseType,
    SlicedCrc, SmallCrc, frame_in_place,
};

/// A stream from the host.
pub fn requests(data: &[u8]) {
    stream::<DataType>(data, |decoded| {
        let Ok(request) = Request::parse(&decoded.packet) else { return };
        // An unassigned type may be long or short; everything else is told apart by its data type.
        let again = request.packet(decoded.packet.channel()).expect("it came out of a packet");
        assert_eq!(Request::parse(&again), Ok(request));
        assert_eq!(again.channel(), decoded.packet.channel());
        assert_eq!(request.data_type(), Ok(again.data_type()));
        let _ = format!("{request:?} {} {:?}", request.is_read(), request.picture_parameter_set());
    });
}

/// A stream from the peripheral.
pub fn responses(data: &[u8]) {
    stream::<ResponseType>(data, |decoded| {
        let response = Response::parse(&decoded.packet);
        let again = response.packet(decoded.packet.channel()).expect("it came out of a packet");
        assert_eq!(Response::parse(&again), response);
        if let Response::ErrorReport(report) = response {
            assert_eq!(report.iter().collect::<mipi_dsi::wire::ErrorReport>(), report);
            let _ = format!("{report}");
        }
        let _ = format!("{response:?} {:?}", response.data());
    });
}

/// What holds for either direction; `meaning` looks at the packets.
fn stream<T>(data: &[u8], meaning: impl Fn(&Decoded<'_, T>))
where
    T: PacketType,
{
    checksums(data);
    first_packet::<T>(data);
    // Two ways to compute checksums see the same stream.
    let mut decoder = Decoder::<T, _>::with_checksum(data, SlicedCrc);
    let mut other = Decoder::<T>::new(data);
    let mut at = 0;
    let mut ended = false;
    while let Some(piece) = decoder.next() {
        assert!(!ended, "nothing follows an incomplete packet");
        assert_eq!(other.next().as_ref(), Some(&piece));
        let bytes = piece.bytes();
        assert!(!bytes.is_empty());
        assert_eq!(bytes, &data[at..at + bytes.len()]);
        at += bytes.len();
        assert_eq!(decoder.consumed(), at);
        let _ = format!("{piece} {piece:?}");
        match piece {
            Piece::Packet(decoded) => {
                sent_again(&decoded);
                meaning(&decoded);
            }
            Piece::Skipped(_) => {}
            Piece::Incomplete { bytes, needed } => {
                assert!(needed > bytes.len());
                ended = true;
            }
        }
    }
    assert_eq!(at, data.len());
    assert_eq!(other.next(), None);
}

/// A packet sent again: the same bytes if it was clean, the same packet in any case.
fn sent_again<T: PacketType>(decoded: &Decoded<'_, T>) {
    assert!(decoded.header.is_usable());
    let packet = &decoded.packet;
    assert_eq!(packet.encoded_len(), decoded.bytes.len());
    let checksum: &dyn Checksum =
        if decoded.checksum == ChecksumCheck::Omitted { &OmittedChecksum } else { &SlicedCrc };
    let mut buffer = vec![0xa5; packet.encoded_len() + 1];
    assert_eq!(packet.emit(&mut buffer, checksum), Ok(decoded.bytes.len()));
    assert_eq!(buffer.pop(), Some(0xa5), "nothing is written behind the packet");
    if decoded.is_clean() {
        assert_eq!(buffer, decoded.bytes);
    }
    assert_eq!(Packet::parse(&buffer, &SmallCrc), Ok(*packet));
    assert!(packet.emit(&mut vec![0; packet.encoded_len() - 1], checksum).is_err());
    if let Body::Long(payload) = packet.body() {
        let mut in_place = vec![0xa5; buffer.len()];
        in_place[4..4 + payload.len()].copy_from_slice(payload);
        let len =
            frame_in_place(packet.channel(), packet.data_type(), payload.len(), &mut in_place, checksum);
        assert_eq!(len, Ok(buffer.len()));
        assert_eq!(in_place, buffer);
        let (head, body) =
            payload.split_at(payload.first().map_or(0, |&at| usize::from(at).min(payload.len())));
        let parts = Payload::new(head, body);
        let encoded = EncodedPacket::new(packet.channel(), packet.data_type(), parts, checksum).expect("it fits");
        assert_eq!(encoded.slices().concat(), buffer);
    }
}

/// The view that shows anything, and the parser that wants exactly one packet.
fn first_packet<T: PacketType>(data: &[u8]) {
    let view = RawPacket::new(data);
    let _ = format!("{view:?} {:?} {:?}", view.channel(), view.data_type::<T>());
    if let Some(payload) = view.payload() {
        assert_eq!(Some(payload.len()), view.word_count().map(usize::from));
    }
    match Packet::<T>::parse(data, &SmallCrc) {
        Ok(packet) => {
            let (header, check) = view.check_header().expect("it has a header");
            assert_eq!(packet.header(), header);
            assert_ne!(check, HeaderCheck::Uncorrectable);
        }
        Err(ParseError::Truncated { needed, available }) => assert!(needed > available),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Every way to compute a checksum gives the same, wherever the bytes are split.
fn checksums(data: &[u8]) {
    let expected = BitwiseCrc.checksum(data);
    assert_eq!(SmallCrc.checksum(data), expected);
    assert_eq!(SlicedCrc.checksum(data), expected);
    let (head, tail) = data.split_at(data.first().map_or(0, |&at| usize::from(at).min(data.len())));
    let state = SlicedCrc.checksum(head);
    assert_eq!(SlicedCrc.update(state, tail), expected);
}
