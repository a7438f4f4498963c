//! A receiver of video packets: it makes lines and frames of sync packets and pixel streams.
//!
//! Panels and bridges have one each. DSI 1.3, section 8.11: a frame begins with vertical sync start; each line with one
//! of the sync packets; the lines that have pixels follow each other from the top. This module does not decide what is
//! shown, or when.

use crate::picture::Picture;
use crate::pixels;
use core::fmt;
use mipi_dsi::bus::{Mode, PixelFormat};
use mipi_dsi::wire::{PixelStream, Request};

/// What is wrong with the video that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VideoFault {
    /// Pixels before the first vertical sync start; they are dropped.
    NoSync,
    /// Pixels in a format that was not agreed on; they are dropped.
    Format {
        /// What was agreed on.
        expected: PixelStream,
        /// What came.
        got: PixelStream,
    },
    /// A line with too few or too many pixels.
    LineLength {
        /// Which row of the picture.
        row: usize,
        /// Pixels in a row.
        expected: usize,
        /// Pixels that came.
        got: usize,
    },
    /// A frame with too few or too many lines that have pixels.
    Lines {
        /// Rows of the picture.
        expected: usize,
        /// Lines that came.
        got: usize,
    },
    /// Pixels in sync pulse mode before the end of the horizontal or vertical sync pulse was sent.
    NoSyncEnd,
    /// The end of a sync pulse in a mode that has sync events only.
    UnexpectedSyncEnd,
}

impl fmt::Display for VideoFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSync => f.write_str("pixels before the first vertical sync"),
            Self::Format { expected, got } => write!(f, "{got} instead of {expected}"),
            Self::LineLength { row, expected, got } => {
                write!(f, "row {row} with {got} pixels instead of {expected}")
            }
            Self::Lines { expected, got } => write!(f, "a frame of {got} lines instead of {expected}"),
            Self::NoSyncEnd => f.write_str("pixels before the end of the sync pulse"),
            Self::UnexpectedSyncEnd => f.write_str("the end of a sync pulse in a mode without them"),
        }
    }
}

/// A receiver of video.
#[derive(Debug)]
pub(crate) struct VideoReceiver {
    format: PixelFormat,
    mode: Mode,
    picture: Picture,
    /// Whether a vertical sync start has been seen.
    synced: bool,
    /// Lines with pixels that have ended in this frame.
    row: usize,
    /// Pixels in this line.
    column: usize,
    /// Whether the horizontal sync pulse of this line has ended.
    line_sync_ended: bool,
    /// Whether the vertical sync pulse of this frame has ended.
    frame_sync_ended: bool,
    frames: u64,
}

impl VideoReceiver {
    pub(crate) fn new(width: u16, height: u16, format: PixelFormat, mode: Mode) -> Self {
        Self {
            format,
            mode,
            picture: Picture::black(width, height),
            synced: false,
            row: 0,
            column: 0,
            line_sync_ended: false,
            frame_sync_ended: false,
            frames: 0,
        }
    }

    /// What has arrived: of an incomplete frame, the new lines above the old ones.
    pub(crate) const fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Frames whose last pixel has arrived.
    pub(crate) const fn frames(&self) -> u64 {
        self.frames
    }

    /// Takes a packet, and returns what is wrong with it, or with the line or frame that it ends. Ignores packets that
    /// are not video.
    pub(crate) fn take(&mut self, request: &Request<'_>) -> [Option<VideoFault>; 2] {
        match request {
            Request::VSyncStart(_) => {
                let line = self.end_line();
                [line, self.begin_frame()]
            }
            Request::VSyncEnd => {
                self.frame_sync_ended = true;
                [self.end_line(), self.unexpected_sync_end()]
            }
            Request::HSyncStart => [self.end_line(), None],
            Request::HSyncEnd => {
                self.line_sync_ended = true;
                [self.unexpected_sync_end(), None]
            }
            Request::Pixels { format, data } => [self.take_pixels(*format, data), None],
            _ => [None, None],
        }
    }

    fn unexpected_sync_end(&self) -> Option<VideoFault> {
        (self.mode != Mode::VideoSyncPulses).then_some(VideoFault::UnexpectedSyncEnd)
    }

    fn begin_frame(&mut self) -> Option<VideoFault> {
        let lines = VideoFault::Lines { expected: self.picture.height(), got: self.row };
        let fault = (self.synced && self.row != self.picture.height()).then_some(lines);
        self.synced = true;
        self.frame_sync_ended = false;
        self.row = 0;
        fault
    }

    fn end_line(&mut self) -> Option<VideoFault> {
        self.line_sync_ended = false;
        let (row, got, expected) = (self.row, self.column, self.picture.width());
        if got == 0 {
            return None;
        }
        self.row += 1;
        self.column = 0;
        (got != expected).then_some(VideoFault::LineLength { row, expected, got })
    }

    fn take_pixels(&mut self, format: PixelStream, data: &[u8]) -> Option<VideoFault> {
        let expected = pixels::stream_of(self.format);
        if !self.synced {
            return Some(VideoFault::NoSync);
        }
        if format != expected {
            return Some(VideoFault::Format { expected, got: format });
        }
        let arrived = pixels::unpack_stream(self.format, data);
        let room = self.picture.row_mut(self.row).and_then(|row| row.get_mut(self.column..));
        for (pixel, colour) in room.unwrap_or_default().iter_mut().zip(&arrived) {
            *pixel = *colour;
        }
        self.column += arrived.len();
        self.frames +=
            u64::from(self.row + 1 == self.picture.height() && self.column == self.picture.width());
        let pulses = self.mode == Mode::VideoSyncPulses;
        (pulses && !(self.line_sync_ended && self.frame_sync_ended)).then_some(VideoFault::NoSyncEnd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Rgb, test_picture};
    use mipi_dsi::wire::StereoControl;

    const V_SYNC: Request<'static> = Request::VSyncStart(StereoControl::from_bits(0));
    const FORMAT: PixelFormat = PixelFormat::Rgb888;

    fn pixels(count: usize) -> Vec<u8> {
        vec![0x55; count * 3]
    }

    fn faults(mode: Mode, requests: &[Request<'_>]) -> (VideoReceiver, Vec<VideoFault>) {
        let mut receiver = VideoReceiver::new(2, 2, FORMAT, mode);
        let faults = requests.iter().flat_map(|request| receiver.take(request)).flatten().collect();
        (receiver, faults)
    }

    fn row(data: &[u8]) -> Request<'_> {
        Request::Pixels { format: PixelStream::Rgb888, data }
    }

    #[test]
    fn lines_fill_the_picture_from_the_top() {
        let picture = test_picture(2, 2);
        let rows: Vec<_> = picture.rows().map(|row| pixels::pack_stream(FORMAT, row)).collect();
        let h = Request::HSyncStart;
        let (first, second) = rows[0].split_at(3);
        // A line may come in several packets; lines without pixels do not count.
        let frame = [V_SYNC, h, h, row(first), row(second), h, row(&rows[1]), h, V_SYNC];
        let (receiver, faults) = faults(Mode::VideoSyncEvents, &frame);
        assert_eq!((faults, receiver.frames()), (vec![], 1));
        assert_eq!(*receiver.picture(), picture);
    }

    #[test]
    fn each_fault_is_told() {
        let (h, two, three) = (Request::HSyncStart, pixels(2), pixels(3));
        let events = |requests: &[Request<'_>]| faults(Mode::VideoSyncEvents, requests).1;
        assert_eq!(events(&[h, row(&two)]), [VideoFault::NoSync]);
        let wrong = Request::Pixels { format: PixelStream::Rgb565, data: &two };
        let format = VideoFault::Format { expected: PixelStream::Rgb888, got: PixelStream::Rgb565 };
        assert_eq!(events(&[V_SYNC, wrong]), [format]);
        let long = VideoFault::LineLength { row: 0, expected: 2, got: 3 };
        assert_eq!(events(&[V_SYNC, row(&three), h]), [long]);
        let short = VideoFault::LineLength { row: 1, expected: 2, got: 1 };
        assert_eq!(events(&[V_SYNC, h, row(&two), h, row(&two[..3]), V_SYNC]), [short]);
        let few = VideoFault::Lines { expected: 2, got: 1 };
        assert_eq!(events(&[V_SYNC, h, row(&two), V_SYNC]), [few]);
        let many = VideoFault::Lines { expected: 2, got: 3 };
        assert_eq!(events(&[V_SYNC, row(&two), h, row(&two), h, row(&two), V_SYNC]), [many]);
        assert_eq!(events(&[V_SYNC, Request::HSyncEnd]), [VideoFault::UnexpectedSyncEnd]);
        assert_eq!(events(&[V_SYNC, Request::VSyncEnd]), [VideoFault::UnexpectedSyncEnd]);
    }

    #[test]
    fn sync_pulses_have_to_end() {
        let data = pixels(2);
        let (h, he, ve) = (Request::HSyncStart, Request::HSyncEnd, Request::VSyncEnd);
        let pulses = |requests: &[Request<'_>]| faults(Mode::VideoSyncPulses, requests).1;
        assert_eq!(pulses(&[V_SYNC, he, ve, he, h, he, row(&data)]), []);
        assert_eq!(pulses(&[V_SYNC, he, ve, he, h, row(&data)]), [VideoFault::NoSyncEnd]);
        assert_eq!(pulses(&[V_SYNC, he, h, he, row(&data)]), [VideoFault::NoSyncEnd]);
        let second = [V_SYNC, ve, he, row(&data), h, he, row(&data), V_SYNC, he, h, he, row(&data)];
        assert_eq!(pulses(&second), [VideoFault::NoSyncEnd], "each frame anew");
    }

    #[test]
    fn pixels_outside_are_not_shown_elsewhere() {
        let data = pixels(5);
        let (receiver, _) = faults(Mode::VideoSyncEvents, &[V_SYNC, row(&data), Request::HSyncStart]);
        assert!(receiver.picture().row(1).expect("two rows").iter().all(|pixel| *pixel == Rgb::BLACK));
    }
}
