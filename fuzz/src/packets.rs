//! Streams of packets: decoded to their last byte, and what was clean is sent as the same bytes again.

use mipi_dsi::wire::{
    BitwiseCrc, Body, Checksum, ChecksumCheck, DataType, Decoded, Decoder, HeaderCheck, OmittedChecksum,
    Packet, PacketType, ParseError, Piece, Repr, Request, Response, ResponseType, SlicedCrc, SmallCrc,
    frame_in_place,
};

/// A stream from the host.
pub fn requests(data: &[u8]) {
    stream::<DataType>(data, |packet| {
        let Ok(request) = Request::parse(&packet.repr) else { return };
        // An unassigned type may be long or short; everything else is told apart by its data type.
        let again = request.packet(packet.repr.channel()).expect("it came out of a packet");
        assert_eq!(Request::parse(&again), Ok(request));
        assert_eq!(again.channel(), packet.repr.channel());
        assert_eq!(request.data_type(), Ok(again.data_type()));
        let _ = format!("{request:?} {} {:?}", request.is_read(), request.picture_parameter_set());
    });
}

/// A stream from the peripheral.
pub fn responses(data: &[u8]) {
    stream::<ResponseType>(data, |packet| {
        let response = Response::parse(&packet.repr);
        let again = response.packet(packet.repr.channel()).expect("it came out of a packet");
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
            Piece::Packet(packet) => {
                sent_again(&packet);
                meaning(&packet);
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
fn sent_again<T: PacketType>(packet: &Decoded<'_, T>) {
    assert!(packet.header.is_usable());
    let repr = &packet.repr;
    assert_eq!(repr.encoded_len(), packet.bytes.len());
    let checksum: &dyn Checksum =
        if packet.checksum == ChecksumCheck::Omitted { &OmittedChecksum } else { &SlicedCrc };
    let mut buffer = vec![0xa5; repr.encoded_len() + 1];
    assert_eq!(repr.emit(&mut buffer, checksum), Ok(packet.bytes.len()));
    assert_eq!(buffer.pop(), Some(0xa5), "nothing is written behind the packet");
    if packet.is_clean() {
        assert_eq!(buffer, packet.bytes);
    }
    assert_eq!(Repr::parse(&buffer, &SmallCrc), Ok(*repr));
    assert!(repr.emit(&mut vec![0; repr.encoded_len() - 1], checksum).is_err());
    if let Body::Long(payload) = repr.body() {
        let mut in_place = vec![0xa5; buffer.len()];
        in_place[4..4 + payload.len()].copy_from_slice(payload);
        let len = frame_in_place(repr.channel(), repr.data_type(), payload.len(), &mut in_place, checksum);
        assert_eq!(len, Ok(buffer.len()));
        assert_eq!(in_place, buffer);
    }
}

/// The view that shows anything, and the parser that wants exactly one packet.
fn first_packet<T: PacketType>(data: &[u8]) {
    let view = Packet::new(data);
    let _ = format!("{view:?} {:?} {:?}", view.channel(), view.data_type::<T>());
    if let Some(payload) = view.payload() {
        assert_eq!(Some(payload.len()), view.word_count().map(usize::from));
    }
    match Repr::<T>::parse(data, &SmallCrc) {
        Ok(repr) => {
            let (header, check) = view.check_header().expect("it has a header");
            assert_eq!(repr.header(), header);
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
