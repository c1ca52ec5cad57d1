"""The board: a page inside Airflow's UI that shows how it stands with each date. It changes nothing."""
