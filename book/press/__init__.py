"""The press: bilingual sources in, executed and checked notebooks and two editions out."""
