//! From the bytes of a transmission to requests, and from responses to bytes.
//!
//! DSI 1.3: section 8.8.2 for the EoTp, section 8.9.5 for reports, section 9 for damaged packets.

use super::breach::Rule;
use super::options::PanelOptions;
use super::state::{ManufacturerWrite, Pending, State};
use crate::clock::Instant;
use crate::link::{DeviceResponse, Transmission, TurnAround};
use mipi_dsi::bus::{Mode, Speed};
use mipi_dsi::wire::{
    ChecksumCheck, DataType, Decoded, Decoder, ErrorReport, HeaderCheck, Packet, PeripheralError,
    PictureParameterSet, Piece, Request, Response, ResponseType, SlicedCrc, VirtualChannel,
};

/// Whether a transmission has a packet for a channel.
fn has_packet_for(channel: VirtualChannel, transmission: &Transmission<'_>) -> bool {
    Decoder::<DataType, SlicedCrc>::with_checksum(transmission.bytes, SlicedCrc).any(|piece| match piece {
        Piece::Packet(decoded) => !decoded.is_end_of_transmission() && decoded.packet.channel() == channel,
        Piece::Skipped(_) | Piece::Incomplete { .. } => false,
    })
}

impl State {
    /// One transmission arrives.
    pub(super) fn receive(&mut self, options: &PanelOptions, transmission: &Transmission<'_>) {
        let at = transmission.at;
        if !self.powered {
            // What is for another device on the link reaches it too.
            if options.alone_on_link || has_packet_for(options.channel, transmission) {
                self.breach(options, at, Rule::NoPower);
            }
            return;
        }
        let high_speed = transmission.speed == Speed::HighSpeed;
        if high_speed && transmission.lanes != options.lanes {
            // Other lanes make other bytes: not even the start is understood.
            self.error(PeripheralError::StartOfTransmissionSync);
            let (expected, got) = (options.lanes, transmission.lanes);
            return self.breach(options, at, Rule::Lanes { expected, got });
        }
        let (mut mine, mut ended) = (false, false);
        for piece in Decoder::<DataType, SlicedCrc>::with_checksum(transmission.bytes, SlicedCrc) {
            match piece {
                Piece::Packet(decoded) => {
                    if ended {
                        self.violation(options, at, Rule::AfterEndOfTransmission);
                    }
                    if decoded.header != HeaderCheck::Clean {
                        self.damaged(PeripheralError::EccSingleBit);
                    }
                    if decoded.is_end_of_transmission() {
                        ended = true;
                    } else if decoded.packet.channel() == options.channel {
                        mine = true;
                        self.packet(options, &decoded, transmission);
                    } else if options.alone_on_link {
                        self.error(PeripheralError::VirtualChannelInvalid);
                    }
                }
                // The length of what follows is not known: the rest of the transmission is lost.
                Piece::Skipped(_) => return self.damaged(PeripheralError::EccMultiBit),
                Piece::Incomplete { bytes, needed } => {
                    self.error(PeripheralError::InvalidTransmissionLength);
                    return self.breach(options, at, Rule::CutPacket { needed, got: bytes.len() });
                }
            }
        }
        match (high_speed && mine, options.end_of_transmission, ended) {
            (true, true, false) => self.violation(options, at, Rule::NoEndOfTransmission),
            (true, false, true) => self.breach(options, at, Rule::UnexpectedEndOfTransmission),
            _ => {}
        }
    }

    /// A breach that DSI itself has an error bit for.
    fn violation(&mut self, options: &PanelOptions, at: Instant, rule: Rule) {
        self.error(PeripheralError::ProtocolViolation);
        self.breach(options, at, rule);
    }

    fn packet(&mut self, options: &PanelOptions, decoded: &Decoded<'_>, transmission: &Transmission<'_>) {
        let at = transmission.at;
        if matches!(decoded.checksum, ChecksumCheck::Bad { .. }) {
            return self.damaged(PeripheralError::Checksum);
        }
        if self.pending.take().is_some() {
            self.violation(options, at, Rule::ResponseNotFetched);
        }
        match Request::parse(&decoded.packet) {
            Ok(request) => self.request(options, &request, &decoded.packet, transmission),
            Err(error) => {
                self.error(PeripheralError::InvalidTransmissionLength);
                self.breach(options, at, Rule::Malformed(error));
            }
        }
    }

    fn request(
        &mut self,
        options: &PanelOptions,
        request: &Request<'_>,
        packet: &Packet<'_>,
        transmission: &Transmission<'_>,
    ) {
        let at = transmission.at;
        let is_command = matches!(
            request,
            Request::DcsWrite(_) | Request::DcsRead(_) | Request::GenericWrite(_) | Request::GenericRead(_)
        );
        let other_speed = options.commands.filter(|speed| is_command && *speed != transmission.speed);
        if let Some(expected) = other_speed {
            self.pending = request.is_read().then_some(Pending::Nothing);
            return self.breach(options, at, Rule::Speed { expected });
        }
        let is_video = options.mode != Mode::Command;
        match *request {
            Request::DcsWrite(payload) => self.dcs_write(options, payload, at),
            Request::DcsRead(opcode) => self.dcs_read(options, opcode, at),
            Request::GenericWrite(payload) => {
                self.manufacturer_write(options, ManufacturerWrite::Generic(payload.to_vec()));
            }
            Request::GenericRead(parameters) => self.generic_read(options, parameters, at),
            Request::SetMaximumReturnPacketSize(0) => self.breach(options, at, Rule::NoReturnSize),
            Request::SetMaximumReturnPacketSize(most) => self.registers.max_return = most,
            Request::Null(_) | Request::Blanking(_) | Request::EndOfTransmission => {}
            Request::VSyncStart(_)
            | Request::VSyncEnd
            | Request::HSyncStart
            | Request::HSyncEnd
            | Request::Pixels { .. }
                if is_video =>
            {
                for fault in self.video.take(request).into_iter().flatten() {
                    self.breach(options, at, Rule::Video(fault));
                }
            }
            Request::CompressionMode(mode) if options.compression => self.registers.compression = mode,
            Request::PictureParameterSet(set) if options.compression => {
                self.registers.picture_parameters = Some(PictureParameterSet::from_bytes(*set));
            }
            Request::ColorModeOn if is_video => self.registers.idle = true,
            Request::ColorModeOff if is_video => self.registers.idle = false,
            Request::ShutdownPeripheral if is_video => self.registers.shut_down = true,
            Request::TurnOnPeripheral if is_video => self.registers.shut_down = false,
            _ => {
                self.error(PeripheralError::DataTypeNotRecognized);
                self.breach(options, at, Rule::DataType(packet.data_type()));
            }
        }
    }

    /// The bus was turned around.
    pub(super) fn respond(&mut self, options: &PanelOptions, turn: &TurnAround) -> DeviceResponse {
        if !self.powered || turn.channel != options.channel {
            return DeviceResponse::Silence;
        }
        let report = std::mem::replace(&mut self.errors, ErrorReport::NONE);
        let mut bytes = Vec::new();
        let response = match &self.pending {
            // With more than corrected errors there is no response but the report (section 8.9.3).
            Some(Pending::Dcs(data)) if report.is_recoverable() => Some(Response::DcsRead(data)),
            Some(Pending::Generic(data)) if report.is_recoverable() => Some(Response::GenericRead(data)),
            _ => None,
        };
        let report = (!report.is_empty()).then_some(Response::ErrorReport(report));
        for response in [response, report].into_iter().flatten() {
            if let Ok(packet) = response.packet(options.channel) {
                push(&mut bytes, &packet);
            }
        }
        self.pending = None;
        if bytes.is_empty() { DeviceResponse::Acknowledge } else { DeviceResponse::Packets(bytes) }
    }
}

/// Appends a packet's bytes.
fn push(bytes: &mut Vec<u8>, packet: &Packet<'_, ResponseType>) {
    let start = bytes.len();
    bytes.resize(start + packet.encoded_len(), 0);
    // The room is as long as the packet says that it is.
    let _ = packet.emit(bytes.get_mut(start..).unwrap_or_default(), &SlicedCrc);
}
