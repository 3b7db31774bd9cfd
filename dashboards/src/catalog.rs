//! The names that an expression may use: metrics and labels of the registry, recorded series, and those of the programs beside Sortie.
