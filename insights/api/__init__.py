"""The figures for programs, and the cases behind each."""
