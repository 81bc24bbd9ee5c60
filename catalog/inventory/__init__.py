"""The inventory as a sheet, out and in again: rows and the bytes of CSV and XLSX files."""
