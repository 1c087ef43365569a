//! Go's text/template language: lexer, parser and evaluator.
