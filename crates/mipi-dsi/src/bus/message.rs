//! A message: the packet that a peripheral asks the host to send, as the host gets it.
//!
//! The counterpart of Linux's `struct mipi_dsi_msg`, checked when it is made: a short packet's payload fits its two
//! bytes and a long packet's fits its word count, so that no host has to decide what to do with the rest. It has no
//! header, ECC or CRC: a host with a packet engine gives the parts to its hardware, a host without one calls the `wire`
//! module.

use super::link_config::Speed;
use super::wire::{DataType, PacketType, Payload, PayloadTooLong, VirtualChannel};

/// One packet to send to one virtual channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    channel: VirtualChannel,
    data_type: DataType,
    payload: Payload<'a>,
    speed: Speed,
}

impl<'a> Message<'a> {
    /// Makes a message that fits a packet.
    ///
    /// `payload` is what a short packet carries in its two data bytes (missing ones are sent as zero) or the
    /// payload of a long packet, in one slice or in two.
    ///
    /// # Errors
    ///
    /// [`PayloadTooLong`] if the payload is longer than this data type's packet can carry.
    pub fn new(
        channel: VirtualChannel,
        data_type: DataType,
        payload: impl Into<Payload<'a>>,
        speed: Speed,
    ) -> Result<Self, PayloadTooLong> {
        let payload = payload.into();
        let most = data_type.max_payload_len();
        if payload.len() > most {
            return Err(PayloadTooLong { most, got: payload.len() });
        }
        Ok(Self { channel, data_type, payload, speed })
    }

    /// The same message at another speed.
    pub fn at(self, speed: Speed) -> Self {
        Self { speed, ..self }
    }

    /// The virtual channel that it goes to.
    pub fn channel(&self) -> VirtualChannel {
        self.channel
    }

    /// Its data type, which also says whether the packet is short or long.
    pub fn data_type(&self) -> DataType {
        self.data_type
    }

    /// At most two bytes for a short packet, at most [`MAX_PAYLOAD_LEN`](super::wire::MAX_PAYLOAD_LEN) for a long one.
    ///
    /// A command and its pixels come as two slices ([`Payload::parts`]); a host without a packet engine encodes them with
    /// [`EncodedPacket`](super::wire::EncodedPacket).
    pub fn payload(&self) -> Payload<'a> {
        self.payload
    }

    /// The speed at which it has to be sent.
    pub fn speed(&self) -> Speed {
        self.speed
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::MAX_PAYLOAD_LEN;
    use super::*;

    #[test]
    fn a_payload_that_does_not_fit_is_refused_and_never_cut() {
        let channel = VirtualChannel::VC0;
        let long = [0u8; MAX_PAYLOAD_LEN + 1];
        for (data_type, most) in
            [(DataType::DCS_SHORT_WRITE_1, 2), (DataType::DCS_LONG_WRITE, MAX_PAYLOAD_LEN)]
        {
            assert!(Message::new(channel, data_type, &long[..most], Speed::LowPower).is_ok());
            assert_eq!(
                Message::new(channel, data_type, &long[..=most], Speed::LowPower),
                Err(PayloadTooLong { most, got: most + 1 })
            );
            let parts = Payload::new(&[0x2c], &long[..most]);
            assert_eq!(
                Message::new(channel, data_type, parts, Speed::LowPower),
                Err(PayloadTooLong { most, got: most + 1 })
            );
        }
    }
}
