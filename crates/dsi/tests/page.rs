//! The page of `dsi check --html` as a browser shows it: nothing wider than a telephone, and both colour schemes. What it
//! says is tested beside the code, in `check/html/tests.rs`.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Headless, by the name of Debian's package.
const BROWSER: &str = "chromium";
const TELEPHONE: (u32, u32) = (360, 800);
const DESK: (u32, u32) = (1280, 900);
/// Chromium's numbers for what a reader prefers.
const DARK: u32 = 0;
const LIGHT: u32 = 1;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// The page of two boards of different shapes, under a model that fails and one that holds.
fn page() -> &'static Path {
    static PAGE: OnceLock<PathBuf> = OnceLock::new();
    PAGE.get_or_init(|| {
        let path = folder().join("page.html");
        let board = |name: &str| format!("{}/boards/{name}.dtb", env!("CARGO_MANIFEST_DIR"));
        let output = Command::new(env!("CARGO_BIN_EXE_dsi"))
            .args(["check", "--model", "linux-6.12", "--model", "mipi-dsi", "--html"])
            .arg(&path)
            .args([board("thread"), board("child-panel")])
            .output()
            .expect("the tool runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "Linux was named, and fails: {said}");
        path
    })
}

/// Lets the browser open a file, with a profile that nobody else has. Gives what it prints.
fn browse(name: &str, file: &Path, arguments: &[String]) -> String {
    let profile = folder().join(format!("profile-{name}"));
    let output = Command::new(BROWSER)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"])
        .args(["--no-first-run", "--disable-extensions", "--virtual-time-budget=10000"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(arguments)
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap_or_else(|error| {
            panic!("{BROWSER}: {error}; install Debian's package '{BROWSER}', as scripts/test does")
        });
    let _ = std::fs::remove_dir_all(&profile);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{BROWSER} failed: {said}");
    String::from_utf8(output.stdout).expect("text")
}

/// The colour at the top left, where nothing but the page's ground is, and how many colours there are.
fn look(name: &str, (width, height): (u32, u32), scheme: u32) -> ([u8; 3], usize) {
    let picture = folder().join(format!("page-{name}.png"));
    let _ = std::fs::remove_file(&picture);
    let arguments = [
        format!("--window-size={width},{height}"),
        format!("--blink-settings=preferredColorScheme={scheme}"),
        format!("--screenshot={}", picture.display()),
    ];
    browse(name, page(), &arguments);
    let file = std::fs::File::open(&picture).expect("a screenshot");
    let mut decoder = png::Decoder::new(BufReader::new(file));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().expect("a PNG file");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a picture");
    assert_eq!((info.width, info.height), (width, height), "the page was laid out for this size");
    let pixels: Vec<[u8; 3]> =
        pixels.chunks_exact(info.color_type.samples()).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let colours: std::collections::BTreeSet<[u8; 3]> = pixels.iter().copied().collect();
    (pixels[0], colours.len())
}

#[test]
#[ignore = "takes a browser: scripts/test slow"]
fn the_page_follows_the_colour_scheme_at_both_widths() {
    for (width, size) in [("telephone", TELEPHONE), ("desk", DESK)] {
        let (light, colours) = look(&format!("{width}-light"), size, LIGHT);
        assert!(light.iter().all(|value| *value > 230), "{width}: {light:?}");
        assert!(colours > 50, "{width}: there is nothing on it");
        let (dark, colours) = look(&format!("{width}-dark"), size, DARK);
        assert!(dark.iter().all(|value| *value < 50), "{width}: {dark:?}");
        assert!(colours > 50, "{width}: there is nothing on it");
    }
}

/// The browser's window has a smallest width; a frame has none. The frame's page is a copy with a script that tells how
/// wide it would like to be, and which element reaches furthest to the right.
#[test]
#[ignore = "takes a browser: scripts/test slow"]
fn nothing_is_wider_than_the_window() {
    const PROBE: &str = "<script>addEventListener('load', () => {
  let widest = [0, ''];
  for (const element of document.querySelectorAll('body *')) {
    const right = element.getBoundingClientRect().right;
    if (right > widest[0]) widest = [right, element.outerHTML.slice(0, 80)];
  }
  const root = document.documentElement;
  parent.postMessage([innerWidth, root.scrollWidth, Math.ceil(widest[0]), widest[1]].join('|'), '*');
});</script></body>";
    let text = std::fs::read_to_string(page()).expect("the page");
    let probe = folder().join("page-probe.html");
    std::fs::write(&probe, text.replace("</body>", PROBE)).expect("a file of the test's");
    for width in [320, TELEPHONE.0, 759, 760, 1099, 1100, DESK.0] {
        let frame = folder().join(format!("page-frame-{width}.html"));
        let wrapper = format!(
            "<!DOCTYPE html><title>nothing</title><script>addEventListener('message', event => \
             document.title = event.data)</script><iframe src=\"page-probe.html\" width=\"{width}\" height=\"800\" \
             style=\"border:0\"></iframe>"
        );
        std::fs::write(&frame, wrapper).expect("a file of the test's");
        let window = "--window-size=1400,900".to_owned();
        let dom = browse(&format!("frame-{width}"), &frame, &[window, "--dump-dom".to_owned()]);
        let title = dom.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
        let said = title.expect("a title").0;
        let numbers: Vec<u32> = said.split('|').take(3).filter_map(|number| number.parse().ok()).collect();
        let [inner, scroll, right] = numbers[..] else { panic!("{width}: the page said '{said}'") };
        assert_eq!(inner, width, "the frame is as wide as it was made");
        assert!(scroll <= width && right <= width, "{width}: {said}");
    }
}
