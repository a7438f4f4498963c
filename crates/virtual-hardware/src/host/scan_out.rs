//! Video: a frame as packets, in the order that the attached configuration asks for.
//!
//! DSI 1.3, section 8.11. Each line is one transmission, so that the link is in low power once a line. In burst mode
//! the link then spends the rest of the line in low power, instead of in blanking packets.

use super::{VirtualHost, push_end, push_packet};
use crate::picture::{Picture, Rgb};
use crate::pixels;
use crate::sync::lock;
use mipi_dsi::bus::{HostError, LinkConfig, Mode, Speed};
use mipi_dsi::wire::{Request, SlicedCrc, StereoControl, VirtualChannel};
use thiserror::Error;

/// Why a frame was not sent, or not completely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ScanOutError {
    /// Nothing is attached to this channel.
    #[error("nothing is attached to channel {0}")]
    NotAttached(VirtualChannel),
    /// The peripheral of this channel attached for something other than video.
    #[error("the peripheral attached for {0}, not for video")]
    NotVideo(Mode),
    /// A line does not fill whole groups of its format, or does not fit a packet.
    #[error("{got} pixels are not whole groups of {group}, or more than {most}")]
    Width {
        /// Pixels in a line.
        got: usize,
        /// Pixels in a group.
        group: usize,
        /// The most pixels that a packet can carry.
        most: usize,
    },
    /// A packet could not be sent.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// How a line begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LineStart {
    /// The first of the vertical sync pulse.
    VSync,
    /// The one after the vertical sync pulse.
    VSyncEnd,
    /// Any other.
    HSync,
}

impl VirtualHost {
    /// Sends one frame of video to an attached peripheral, and lets the time that its bits take pass.
    ///
    /// This is not a call of the bus: it may come while transfers run, whose packets then come between lines.
    ///
    /// # Errors
    ///
    /// [`ScanOutError`]. If the channel is detached while the frame is being sent, the rest is not sent.
    pub fn scan_out(&self, channel: VirtualChannel, picture: &Picture) -> Result<(), ScanOutError> {
        let config = self.video_config(channel)?;
        let stream = pixels::stream_of(config.format);
        if stream.bytes_of(picture.width()).is_none() {
            let (group, most) = (stream.group_pixels(), stream.max_pixels());
            return Err(ScanOutError::Width { got: picture.width(), group, most });
        }
        let blanking = self.options.blanking;
        let sync = blanking.vertical_sync.max(1);
        for line in 0..sync {
            self.line(channel, if line == 0 { LineStart::VSync } else { LineStart::HSync }, None)?;
        }
        let pulses = config.mode == Mode::VideoSyncPulses;
        for line in 0..blanking.vertical_back_porch.max(u16::from(pulses)) {
            let first = pulses && line == 0;
            self.line(channel, if first { LineStart::VSyncEnd } else { LineStart::HSync }, None)?;
        }
        for row in picture.rows() {
            self.line(channel, LineStart::HSync, Some(row))?;
        }
        for _ in 0..blanking.vertical_front_porch {
            self.line(channel, LineStart::HSync, None)?;
        }
        Ok(())
    }

    fn video_config(&self, channel: VirtualChannel) -> Result<LinkConfig, ScanOutError> {
        let config = lock(&self.state).ledger.config(channel).ok_or(ScanOutError::NotAttached(channel))?;
        match config.mode {
            Mode::Command => Err(ScanOutError::NotVideo(config.mode)),
            Mode::VideoSyncPulses | Mode::VideoSyncEvents | Mode::VideoBurst => Ok(config),
        }
    }

    fn line(
        &self,
        channel: VirtualChannel,
        start: LineStart,
        row: Option<&[Rgb]>,
    ) -> Result<(), ScanOutError> {
        let config = self.video_config(channel)?;
        if self.options.senses_lines {
            self.check_link(channel)?;
        }
        let bytes = self.line_packets(channel, &config, start, row)?;
        self.transmit(&bytes, Speed::HighSpeed, config.lanes);
        Ok(())
    }

    fn line_packets(
        &self,
        channel: VirtualChannel,
        config: &LinkConfig,
        start: LineStart,
        row: Option<&[Rgb]>,
    ) -> Result<Vec<u8>, HostError> {
        let blanking = self.options.blanking;
        let mut line = Vec::new();
        let mut push = |request: Request<'_>| {
            let packet = request.packet(channel).map_err(|_| HostError::Unsupported)?;
            push_packet(&mut line, &packet, &SlicedCrc)
        };
        let blank = |bytes: u16| vec![0; usize::from(bytes)];
        push(match start {
            LineStart::VSync => Request::VSyncStart(StereoControl::from_bits(0)),
            LineStart::VSyncEnd => Request::VSyncEnd,
            LineStart::HSync => Request::HSyncStart,
        })?;
        if config.mode == Mode::VideoSyncPulses {
            push(Request::Blanking(&blank(blanking.horizontal_sync)))?;
            push(Request::HSyncEnd)?;
        }
        match row {
            Some(row) => {
                push(Request::Blanking(&blank(blanking.horizontal_back_porch)))?;
                let data = pixels::pack_stream(config.format, row);
                push(Request::Pixels { format: pixels::stream_of(config.format), data: &data })?;
                if config.mode != Mode::VideoBurst {
                    push(Request::Blanking(&blank(blanking.horizontal_front_porch)))?;
                }
            }
            // Without pixels a line may as well be spent in low power (BLLP, section 8.11.1).
            None if config.mode == Mode::VideoBurst => {}
            None => push(Request::Blanking(&blank(blanking.horizontal_back_porch)))?,
        }
        if config.end_of_transmission {
            push_end(&mut line)?;
        }
        Ok(line)
    }
}
