"""The administration as a whole: its site, the way in, its first page and its navigation. What each of its pages shows
stands with its app, in `admin`."""
