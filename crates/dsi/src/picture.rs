//! What the virtual screens show, as a PNG file.

use crate::Failure;
use board::live::LiveBoard;
use virtual_hardware::Picture;

/// All screens of a board side by side, those of second links included.
pub(crate) fn screens(board: &LiveBoard) -> Result<Vec<u8>, Failure> {
    let pictures: Vec<Picture> = board.all_links().map(|link| link.picture()).collect();
    let width: usize = pictures.iter().map(Picture::width).sum();
    let height = pictures.iter().map(Picture::height).max().unwrap_or_default();
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for picture in &pictures {
            // All screens of a live board have one size; a shorter one would be filled with black.
            let row = picture.row(y).unwrap_or_default();
            pixels.extend(row.iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]));
            pixels.extend(std::iter::repeat_n(0, (picture.width() - row.len()) * 3));
        }
    }
    encode(width, height, &pixels)
        .map_err(|error| Failure::Input(format!("the picture can't be encoded: {error}")))
}

fn encode(width: usize, height: usize, pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut file, size(width), size(height));
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file)
}
