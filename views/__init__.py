"""The pages of the web app; the only room that imports streamlit."""
