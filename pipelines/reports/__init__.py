"""What people see: charts, dossiers, nightly reports, workbooks, in Chinese and English."""
