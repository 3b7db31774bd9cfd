//! Addresses and operators as people write them: what is accepted reads back as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_core::target::{Address, Operator, Port};

fuzz_target!(|text: &str| {
    if let Ok(address) = Address::parse(text, Some(Port::SMTP)) {
        let shown = address.to_string();
        assert!(shown.is_ascii() && !shown.contains(char::is_control));
        assert_eq!(shown.parse::<Address>().as_ref(), Ok(&address), "{text:?} became {shown:?}");
    }
    if let Ok(operator) = Operator::new(text) {
        assert_eq!(Operator::new(operator.as_str()).as_ref(), Ok(&operator));
    }
});
