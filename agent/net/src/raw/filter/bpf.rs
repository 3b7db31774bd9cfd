//! Instructions of classic BPF (`linux/filter.h`), and how a program gets onto a socket.

use std::io;

use socket2::{SockFilter, Socket};

/// `BPF_LD | BPF_H | BPF_ABS`
pub(super) const HALF_AT: u16 = 0x28;

/// `BPF_LD | BPF_B | BPF_ABS`
pub(super) const BYTE_AT: u16 = 0x30;

/// `BPF_LD | BPF_W | BPF_ABS`
pub(super) const WORD_AT: u16 = 0x20;

/// `BPF_LD | BPF_H | BPF_IND`
pub(super) const HALF_AFTER: u16 = 0x48;

/// `BPF_LD | BPF_B | BPF_IND`
pub(super) const BYTE_AFTER: u16 = 0x50;

/// `BPF_LDX | BPF_B | BPF_MSH`: X = 4 × the low nibble, the length of an IPv4 header.
pub(super) const HEADER_LENGTH: u16 = 0xb1;

/// `BPF_JMP | BPF_JEQ | BPF_K`
pub(super) const EQUAL: u16 = 0x15;

/// `BPF_JMP | BPF_JGT | BPF_K`
pub(super) const GREATER: u16 = 0x25;

/// `BPF_JMP | BPF_JGE | BPF_K`
pub(super) const AT_LEAST: u16 = 0x35;

/// `BPF_JMP | BPF_JSET | BPF_K`
pub(super) const ANY_BIT: u16 = 0x45;

/// `BPF_ALU | BPF_AND | BPF_K`
pub(super) const AND: u16 = 0x54;

/// `BPF_ALU | BPF_LSH | BPF_K`
pub(super) const SHIFT_LEFT: u16 = 0x64;

/// `BPF_ALU | BPF_ADD | BPF_X`
pub(super) const ADD_X: u16 = 0x0c;

/// `BPF_MISC | BPF_TAX`
pub(super) const TO_X: u16 = 0x07;

/// `SKF_AD_OFF + SKF_AD_PKTTYPE`: in place of an offset, whom a link-layer frame was for.
pub(super) const PACKET_TYPE: u32 = 0xffff_f004;

/// `BPF_RET | BPF_K`
const RETURN: u16 = 0x06;

/// Drop the packet.
pub(super) const DROP: Instruction = op(RETURN, 0);

/// Keep all of it.
pub(super) const KEEP: Instruction = op(RETURN, u32::MAX);

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::raw) struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    k: u32,
}

pub(super) const fn op(code: u16, k: u32) -> Instruction {
    jump(code, k, 0, 0)
}

pub(super) const fn jump(code: u16, k: u32, if_true: u8, if_false: u8) -> Instruction {
    Instruction { code, if_true, if_false, k }
}

pub(super) fn drop_unless(code: u16, k: u32) -> [Instruction; 2] {
    [jump(code, k, 1, 0), DROP]
}

pub(super) fn keep_if(code: u16, k: u32) -> [Instruction; 3] {
    [jump(code, k, 0, 1), KEEP, DROP]
}

pub(super) fn one_of([a, b, c]: [u32; 3]) -> [Instruction; 4] {
    [jump(EQUAL, a, 3, 0), jump(EQUAL, b, 2, 0), jump(EQUAL, c, 1, 0), DROP]
}

/// Closes a socket, empties it and only then lets through what `program` keeps, so that nothing that arrived before
/// the filter is ever read.
pub(in crate::raw) fn attach(socket: &Socket, program: &[Instruction]) -> io::Result<()> {
    socket.attach_filter(&[DROP.into()])?;
    let mut scrap = [std::mem::MaybeUninit::uninit()];
    while socket.recv(&mut scrap).is_ok() {}
    let program: Vec<SockFilter> = program.iter().copied().map(SockFilter::from).collect();
    socket.attach_filter(&program)
}

impl From<Instruction> for SockFilter {
    fn from(Instruction { code, if_true, if_false, k }: Instruction) -> Self {
        Self::new(code, if_true, if_false, k)
    }
}

/// Runs a program as the kernel would: a load beyond the packet drops it.
#[cfg(test)]
pub(super) fn keeps(program: &[Instruction], packet: &[u8], packet_type: u32) -> bool {
    let load = |at: u32, length: usize| {
        let at = usize::try_from(at).ok()?;
        let bytes = packet.get(at..at.checked_add(length)?)?;
        Some(bytes.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte)))
    };
    let (mut a, mut x, mut next) = (0_u32, 0_u32, 0_usize);
    loop {
        let Instruction { code, if_true, if_false, k } = program[next];
        next += 1;
        let mut branch = |holds: bool| next += usize::from(if holds { if_true } else { if_false });
        let loaded = match code {
            WORD_AT if k == PACKET_TYPE => Some(packet_type),
            HALF_AT => load(k, 2),
            BYTE_AT => load(k, 1),
            HALF_AFTER => load(k + x, 2),
            BYTE_AFTER => load(k + x, 1),
            HEADER_LENGTH => load(k, 1).map(|byte| {
                x = (byte & 0x0f) * 4;
                a
            }),
            _ => Some(a),
        };
        let Some(loaded) = loaded else { return false };
        a = loaded;
        match code {
            TO_X => x = a,
            AND => a &= k,
            SHIFT_LEFT => a <<= k,
            ADD_X => a += x,
            EQUAL => branch(a == k),
            GREATER => branch(a > k),
            AT_LEAST => branch(a >= k),
            ANY_BIT => branch(a & k != 0),
            RETURN => return k != 0,
            _ => {}
        }
    }
}
