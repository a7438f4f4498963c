//! A builder that takes bytes as instructions and writes a blob of the names that the board crate looks for.
//!
//! Damaged blobs seldom get past the reader; what this makes nearly always does, and its references, graphs, overlays
//! and fixups are wrong in all the ways in which a well-formed tree can be wrong.

/// Names of nodes. Some of them twice in a tree, or below themselves: whatever the bytes say.
const NODES: &[&str] = &[
    "soc",
    "dsi@1",
    "dsi@2",
    "i2c@9",
    "i2c-mux@70",
    "i2c",
    "spi@5",
    "panel@0",
    "panel@1",
    "bridge@2c",
    "aliases",
    "ports",
    "port",
    "port@0",
    "port@1",
    "endpoint",
    "endpoint@0",
    "endpoint@1",
    "a",
    "b",
];

/// Names of properties.
const PROPERTIES: &[&str] = &[
    "compatible",
    "reg",
    "phandle",
    "linux,phandle",
    "remote-endpoint",
    "status",
    "data-lanes",
    "ranges",
    "#address-cells",
    "#size-cells",
    "link2",
    "nvidia,ganged-mode",
    "qcom,dual-dsi-mode",
    "qcom,master-dsi",
    "adi,dsi-lanes",
    "mask",
    "i2c0",
    "i2c1",
    "i2c4294967295",
    "spi0",
    "x",
];

/// Values that are text.
const TEXTS: &[&str] = &[
    "qcom,mdss-dsi-ctrl",
    "st,stm32-dsi",
    "toshiba,tc358768",
    "ti,sn65dsi83",
    "chipone,icn6211",
    "orisetech,otm8009a",
    "raspberrypi,7inch-touchscreen-panel",
    "samsung,ams495qa01",
    "okay",
    "ok",
    "disabled",
    "/",
    "/soc",
    "/soc/dsi@1",
    "/dsi@1",
    "/soc/i2c@9",
    "/i2c@9",
    "i2c0",
    "",
    "unknown,thing",
];

/// What parameters change, and how.
const ENTRIES: &[&str] = &[
    "+0-1",
    "!0=1",
    "reg:0",
    "reg.3",
    "reg#0=7",
    "phandle:0",
    "phandle?=0",
    "status",
    "name",
    "name=a",
    "compatible=",
    "data-lanes[=0001",
    "flag!",
    "target-path=/soc",
    "target?=0",
    "bootargs",
    "reg:0{1=2,text='3',=4}",
    "reg:0{1=",
];

/// Where the compiler puts labels and fixups, and a fragment its content.
const LABELS: &[&str] = &["dsi", "i2c", "panel", "a"];

/// Instructions of one node before it is closed.
const MAX_ITEMS: usize = 64;
/// How deep the builder goes; some deeper than a tree may be.
const MAX_DEPTH: usize = 70;

/// Reads instructions and writes blobs.
pub(crate) struct Builder<'a> {
    instructions: &'a [u8],
    structure: Vec<u8>,
    strings: Vec<u8>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(instructions: &'a [u8]) -> Self {
        Self { instructions, structure: Vec::new(), strings: Vec::new() }
    }

    /// A board, and labels for its overlay.
    pub(crate) fn blob(&mut self) -> Vec<u8> {
        self.begin("");
        self.items(0);
        if self.next() & 1 == 0 {
            self.begin("__symbols__");
            for label in LABELS {
                let path = self.text();
                self.property(label, &terminated(path));
            }
            self.end();
        }
        self.end();
        self.finish()
    }

    /// An overlay: fragments with a target, labels, fixups.
    pub(crate) fn overlay(&mut self) -> Vec<u8> {
        self.begin("");
        let fragments = self.next() % 4;
        for number in 0..fragments {
            self.begin(&format!("fragment@{number}"));
            if self.next() & 1 == 0 {
                let target = self.text();
                self.property("target-path", &terminated(target));
            } else {
                let target = self.cell();
                self.property("target", &target.to_be_bytes());
            }
            self.begin("__overlay__");
            self.items(2);
            self.end();
            self.end();
        }
        self.fixups();
        self.end();
        self.finish()
    }

    fn fixups(&mut self) {
        let which = self.next();
        if which & 1 != 0 {
            self.begin("__symbols__");
            for label in LABELS {
                let node = NODES[usize::from(self.next()) % NODES.len()];
                let path = ["/fragment@0/__overlay__", "/fragment@0/__overlay__/", "/fragment@1/", "/"];
                let path = path[usize::from(self.next()) % path.len()];
                self.property(label, &terminated(&format!("{path}{node}")));
            }
            self.end();
        }
        if which & 2 != 0 {
            self.begin("__fixups__");
            for label in LABELS {
                if self.next() & 1 == 0 {
                    let property = self.property_name();
                    let offset = self.next();
                    let inside = ["", "/__overlay__", "/__overlay__/panel@0", "/__overlay__/a"];
                    let inside = inside[usize::from(self.next()) % inside.len()];
                    self.property(label, &terminated(&format!("/fragment@0{inside}:{property}:{offset}")));
                }
            }
            self.end();
        }
        if which & 4 != 0 {
            self.begin("__local_fixups__");
            self.begin("fragment@0");
            self.begin("__overlay__");
            self.items(3);
            self.end();
            self.end();
            self.end();
        }
        if which & 8 != 0 {
            self.begin("__overrides__");
            for parameter in ["on", "turn"] {
                let mut entries = Vec::new();
                for _ in 0..self.next() % 4 {
                    entries.extend(self.cell().to_be_bytes());
                    entries.extend(terminated(ENTRIES[usize::from(self.next()) % ENTRIES.len()]));
                }
                self.property(parameter, &entries);
            }
            self.end();
        }
    }

    /// Properties and children, until the instructions say that the node ends or there are no more.
    fn items(&mut self, depth: usize) {
        for _ in 0..MAX_ITEMS {
            match self.next() % 8 {
                0 => return,
                1..=3 if depth < MAX_DEPTH => {
                    let name = NODES[usize::from(self.next()) % NODES.len()];
                    self.begin(name);
                    self.items(depth + 1);
                    self.end();
                }
                4 => {
                    let (name, text) = (self.property_name(), self.text());
                    self.property(name, &terminated(text));
                }
                5 => {
                    // The two that make a device known: a compatible and a register.
                    let text = self.text();
                    self.property("compatible", &terminated(text));
                    let cell = self.cell();
                    self.property("reg", &cell.to_be_bytes());
                }
                6 => {
                    // Two ends of a graph, which meet if the numbers do.
                    let (own, other) = (self.cell(), self.cell());
                    self.property("phandle", &own.to_be_bytes());
                    self.property("remote-endpoint", &other.to_be_bytes());
                }
                _ => {
                    let name = self.property_name();
                    let count = self.next() % 7;
                    let cells: Vec<u8> = (0..count).flat_map(|_| self.cell().to_be_bytes()).collect();
                    let cut = usize::from(self.next() & 3 == 3).min(cells.len());
                    self.property(name, &cells[..cells.len() - cut]);
                }
            }
        }
    }

    /// The next instruction; zero, which ends a node, where there are none left.
    fn next(&mut self) -> u8 {
        let Some((&first, rest)) = self.instructions.split_first() else { return 0 };
        self.instructions = rest;
        first
    }

    fn property_name(&mut self) -> &'static str {
        PROPERTIES[usize::from(self.next()) % PROPERTIES.len()]
    }

    fn text(&mut self) -> &'static str {
        TEXTS[usize::from(self.next()) % TEXTS.len()]
    }

    /// A small number as a rule, and sometimes one at the end of the range.
    fn cell(&mut self) -> u32 {
        match self.next() {
            255 => u32::MAX,
            254 => u32::MAX - 1,
            253 => 0x8000_0000,
            252 => 0x1_0000,
            small => u32::from(small % 16),
        }
    }

    fn begin(&mut self, name: &str) {
        word(&mut self.structure, 1);
        self.structure.extend(terminated(name));
        pad(&mut self.structure);
    }

    fn end(&mut self) {
        word(&mut self.structure, 2);
    }

    fn property(&mut self, name: &str, value: &[u8]) {
        word(&mut self.structure, 3);
        word(&mut self.structure, value.len());
        word(&mut self.structure, self.strings.len());
        self.structure.extend(value);
        pad(&mut self.structure);
        self.strings.extend(terminated(name));
    }

    fn finish(&mut self) -> Vec<u8> {
        word(&mut self.structure, 9);
        let (structure, strings) = (std::mem::take(&mut self.structure), std::mem::take(&mut self.strings));
        let structure_at = 40 + 16;
        let strings_at = structure_at + structure.len();
        let total = strings_at + strings.len();
        let mut blob = Vec::new();
        for field in
            [0xd00d_feed, total, structure_at, strings_at, 40, 17, 16, 0, strings.len(), structure.len()]
        {
            word(&mut blob, field);
        }
        blob.extend([0; 16]);
        blob.extend(structure);
        blob.extend(strings);
        blob
    }
}

fn terminated(text: &str) -> Vec<u8> {
    [text.as_bytes(), b"\0"].concat()
}

fn word(bytes: &mut Vec<u8>, value: usize) {
    bytes.extend(u32::try_from(value).expect("a small blob").to_be_bytes());
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}
